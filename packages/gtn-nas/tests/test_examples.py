"""Every example runs."""

import runpy
from importlib.util import find_spec
from pathlib import Path

import pytest

EXAMPLES = sorted((Path(__file__).parents[1] / "examples").glob("*.py"))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_runs(example, tmp_path, monkeypatch, capsys):
    if example.stem == "ray_search" and not find_spec("ray"):
        pytest.skip("Ray is not installed: pip install 'gtn-nas[ray]', nox -s ray")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", [str(example)])
    runpy.run_path(str(example), run_name="__main__")
    assert capsys.readouterr().out
