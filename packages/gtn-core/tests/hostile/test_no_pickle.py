"""No source of any package reads a pickle, by whatever name, or runs a text as code."""

import ast
from pathlib import Path

import pytest

PACKAGES = Path(__file__).parents[3]
SOURCES = sorted(PACKAGES.glob("*/src/**/*.py"))
MODULES = {"pickle", "cPickle", "_pickle", "dill", "cloudpickle", "joblib", "shelve", "marshal", "jsonpickle"}
CALLS = {
    "torch.load",
    "torch.jit.load",
    "torch.package.PackageImporter",
    "numpy.load",
    "np.load",
    "pandas.read_pickle",
    "pd.read_pickle",
    "yaml.load",
    "yaml.load_all",
    "yaml.full_load",
    "yaml.unsafe_load",
    "dist.broadcast_object_list",
    "dist.scatter_object_list",
    "dist.all_gather_object",
    "dist.gather_object",
    "eval",
    "exec",
}
WORDS = {"allow_pickle", "weights_only", "trust_remote_code"}


def offences(text):
    """Yield the lines that read pickles or run a text."""
    for node in ast.walk(ast.parse(text)):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name.split(".")[0] for alias in node.names if alias.name.split(".")[0] in MODULES]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module] if (node.module or "").split(".")[0] in MODULES else []
        elif isinstance(node, ast.Call):
            names = [name for name in [ast.unparse(node.func)] if name in CALLS]
            names += [keyword.arg for keyword in node.keywords if keyword.arg in WORDS]
        for name in names:
            yield node.lineno, name


@pytest.mark.parametrize(
    "text",
    ["import pickle", "from joblib import load", "torch.load(x)", "np.load(x, allow_pickle=True)", "eval(x)"],
)
def test_the_check_finds_what_it_looks_for(text):
    assert list(offences(text))


def test_no_source_reads_a_pickle():
    assert len(SOURCES) > 200
    found = [f"{path}:{line}: {name}" for path in SOURCES for line, name in offences(path.read_text())]
    assert not found
