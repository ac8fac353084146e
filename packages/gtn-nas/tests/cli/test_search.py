import json
import shlex
from pathlib import Path

import pytest
from markupsafe import escape

from gtn_core.errors import ConfigurationError, GTNError, RunError, UnknownNameError
from gtn_nas.cli._main import app
from gtn_nas.search import trials_of

SMALL = ["search", "digits", "--space", "nb201", "--channels", "2", "--seeds", "1", "--steps", "1", "--threads", "1"]


def run(*arguments: object) -> None:
    app(args=list(map(str, arguments)), standalone_mode=False)


def test_a_search_leaves_scores_and_a_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    run(*SMALL, "--trials", 4, "--run-dir", tmp_path / "run", "--json")
    printed = json.loads(capsys.readouterr().out)
    assert printed["scored"] == 4
    assert printed["finished"]
    words = shlex.split(printed["train"])
    assert words == [
        *("gtn-nas", "train", printed["best"]["genotype"], "--space", "nb201"),
        *("--recipe", "final", "--data", "digits"),
    ]
    assert escape(printed["train"]) in (tmp_path / "run" / "report.html").read_text()
    kept = {path.name for path in (tmp_path / "run").iterdir()}
    assert kept >= {"config.yaml", "search.json", "scores.csv", "report.html", "trials.jsonl", "figures"}


def test_a_search_is_resumed_with_more_trials_and_repeats_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    folder = tmp_path / "run"
    run(*SMALL, "--trials", 3, "--run-dir", folder)
    first = trials_of(folder)
    run(*SMALL, "--trials", 3, "--run-dir", folder, "--resume")
    printed = capsys.readouterr().out
    assert "has its 3 trials already" in printed
    assert "train the best: gtn-nas train '|" in printed
    run(*SMALL, "--trials", 5, "--run-dir", folder, "--resume", "--json")
    assert trials_of(folder)[:3] == first
    assert json.loads(capsys.readouterr().out)["scored"] == 5


def test_an_existing_search_is_left_alone_without_resume(tmp_path: Path):
    folder = tmp_path / "run"
    run(*SMALL, "--trials", 2, "--run-dir", folder)
    with pytest.raises(RunError, match="--resume"):
        run(*SMALL, "--trials", 3, "--run-dir", folder)
    with pytest.raises(RunError, match=r"was started with strategy = 'random'"):
        run(*SMALL, "--trials", 3, "--run-dir", folder, "--resume", "--strategy", "tpe")
    assert len(trials_of(folder)) == 2


@pytest.mark.parametrize(
    ("option", "value", "error", "message"),
    [
        ("--strategy", "evolve", UnknownNameError, "did you mean 'evolution'"),
        ("--engine", "seq", UnknownNameError, "Allowed: local, sequential"),
        ("--score", "acuracy", UnknownNameError, "did you mean 'accuracy'"),
        ("--space", "nb21", UnknownNameError, "did you mean 'nb201'"),
        ("--device", "gpu", ConfigurationError, "cannot be used here"),
    ],
)
def test_a_wrong_value_is_one_clear_line_and_leaves_nothing(
    option: str, value: str, error: type[GTNError], message: str, tmp_path: Path
):
    with pytest.raises(error, match=message):
        run(*SMALL, option, value, "--run-dir", tmp_path / "run")
    assert not (tmp_path / "run").exists()
