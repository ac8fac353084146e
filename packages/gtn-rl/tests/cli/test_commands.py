import json
import sys

import pytest

from gtn_core.runs import RunDirectory
from gtn_rl import Demonstrations
from gtn_rl.cli import main
from gtn_rl.reporting import build_report

SMALL = [
    "objective.horizon=[15,20]",
    "objective.policies=2",
    "objective.environments=1",
    "objective.value_steps=2",
    "objective.passes=1",
    "demonstrations.width=8",
    "demonstrations.batch=32",
    "evaluation.policies=3",
    "evaluation.episodes=1",
    "evaluation.transfer_policies=2",
    "evaluation.transfer_episodes=1",
    "evaluation.validation_policies=2",
    "evaluation.validation_episodes=1",
    "outer.validate_every=2",
    "outer.checkpoint_every=1",
]
TRAIN = ["train", "CartPole-v1", "--kind", "demonstrations", *(word for text in SMALL for word in ("--set", text))]


@pytest.fixture
def gtn_rl(monkeypatch, capsys):
    """Run the command; return its exit code, standard output and standard error."""

    def run(*words):
        monkeypatch.setattr(sys, "argv", ["gtn-rl", *map(str, words)])
        with pytest.raises(SystemExit) as stopped:
            main()
        out, err = capsys.readouterr()
        return stopped.value.code, out, err

    return run


def test_train_and_report(gtn_rl, tmp_path):
    folder = tmp_path / "run"
    code, out, _ = gtn_rl(*TRAIN, "--set", "outer.steps=3", "--run-dir", folder, "--threads", 1, "--json")
    assert code == 0
    result = json.loads(out)
    assert set(result["results"]) == {"same_family", "other_sizes", "relu", "default_initialization"}
    assert result["real_steps"] == 2 * (15 + 18 + 20)
    found = Demonstrations.load(folder / "demonstrations", env_id="CartPole-v1")
    assert found.card.real_steps == result["real_steps"]
    assert found.card.results["same_family"].mean == result["results"]["same_family"]["mean"]
    assert "3 fresh policies" in (folder / "report.html").read_text()
    code, out, err = gtn_rl(*TRAIN, "--set", "outer.steps=3", "--run-dir", folder, "--threads", 1)
    assert (code, out) == (1, "")
    assert "holds a run already" in err
    code, out, _ = gtn_rl(*TRAIN, "--set", "outer.steps=3", "--run-dir", folder, "--threads", 1, "--resume")
    assert code == 0
    assert "is finished already" in out
    assert "worst tenth" in out
    assert gtn_rl("report", folder)[0] == 0


def test_report_of_an_unfinished_run(tmp_path):
    run = RunDirectory.start(
        tmp_path / "run",
        {"kind": "demonstrations", "env_id": "CartPole-v1", "recipe": {}, "seed": 0, "threads": 1},
        resume=False,
    )
    (run.path / "metrics.jsonl").write_text(
        '{"step": 0, "real_steps": 7, "return": 9.0, "skipped": 3, "rollbacks": 2}\n{"step"'
    )
    text = build_report(run).read_text()
    assert "This run is unfinished" in text
    assert "3 of them skipped" in text
    assert "2 times back to the last checkpoint" in text


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["train", "CartPol-v1", "--kind", "demonstrations"], "did you mean 'CartPole-v1'?"),
        (["train", "CartPole-v1", "--kind", "demonstration"], "did you mean 'demonstrations'?"),
        (["train", "CartPole-v1", "--kind", "demonstrations", "--set", "outer.step=3"], "did you mean 'steps'?"),
        (["train", "CartPole-v1", "--kind", "demonstrations", "--set", "outer.steps=0"], "outer.steps is 0"),
        (["train", "CartPole-v1", "--kind", "demonstrations", "--set", "objective.policies=1"], "policies_a_pass"),
        (["train", "FrozenLake-v1", "--kind", "demonstrations"], "FlattenObservation"),
        (["train", "CartPole-v1", "--kind", "demonstrations", "--device", "abacus"], "use cpu"),
        (["report", "nowhere"], "holds no run"),
    ],
)
def test_one_clear_line(gtn_rl, monkeypatch, tmp_path, words, message):
    monkeypatch.chdir(tmp_path)
    code, out, err = gtn_rl(*words)
    assert code == 1
    assert out == ""
    assert err.count("\n") == 1
    assert message in err
    assert not (tmp_path / "runs").exists()


def test_wrong_usage(gtn_rl):
    code, _, err = gtn_rl("train", "CartPole-v1")
    assert code == 2
    assert "--kind" in err


@pytest.mark.parametrize("command", ["train", "report"])
def test_help_has_an_example(gtn_rl, command):
    code, out, _ = gtn_rl(command, "--help")
    assert code == 0
    assert "Example: gtn-rl" in out
