"""What every package of the checkout that is installed must document; `nox -s docs` installs them all."""

import importlib
import re
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
MODULES = {path.parent: path.parent.name.replace("-", "_") for path in sorted(ROOT.glob("packages/*/pyproject.toml"))}
INSTALLED = {folder: module for folder, module in MODULES.items() if find_spec(module)}
PUBLIC_NAMES = [
    pytest.param(folder, module, name, id=f"{module}.{name}")
    for folder, module in INSTALLED.items()
    for name in importlib.import_module(module).__all__
]
READMES = [folder / "README.md" for folder in (ROOT, *INSTALLED)]


@pytest.mark.parametrize(("folder", "module", "name"), PUBLIC_NAMES)
def test_public_name_is_documented(folder, module, name):
    assert getattr(importlib.import_module(module), name).__doc__, "no docstring"
    assert re.search(rf"\b{name}\b", (folder / "docs/api.md").read_text()), "not in docs/api.md"


@pytest.mark.parametrize("readme", READMES, ids=lambda path: path.parent.name)
def test_readme_example_runs(readme, tmp_path, monkeypatch):
    example = "\n".join(re.findall(r"^```python\n(.*?)^```", readme.read_text(), flags=re.MULTILINE | re.DOTALL))
    if not example:
        pytest.skip("no example in Python")
    if INSTALLED != MODULES:
        pytest.skip("an example may use every package, and not all are installed here")
    monkeypatch.chdir(tmp_path)
    exec(compile(example, str(readme), "exec"), {})
