"""`gtn-rl train` interrupted: by signals, and by kills at any instant.

Of what a run leaves, all is compared but what the clock decides: `timings.jsonl`, TensorBoard's files, the report, and
the minutes in `environment.json` and its README.
"""

import json
import os
import signal

import pytest

from gtn_core.runs import Checkpoint
from gtn_core.testing import WarmProcess, check_survives_kills, signals

SETUP = """
from gtn_rl.cli import main
import gtn_rl.reporting
# Pictures take most of a tiny run's time, and are made again from what is compared here.
gtn_rl.reporting.build_report = lambda run: run.path / "report.html"
"""
KILLS = int(os.environ.get("GTN_KILLS", "30"))
SEED = int(os.environ.get("GTN_KILL_SEED", "0"))
OUTER = ["outer.steps=12", "outer.checkpoint_every=2", "outer.validate_every=5", "outer.rollback_factor=0.5"]
DEMONSTRATIONS = [
    *OUTER,
    "objective.horizon=[15,20]",
    "objective.policies=2",
    "objective.environments=1",
    "objective.value_steps=2",
    "demonstrations.width=8",
    "evaluation.policies=2",
    "evaluation.episodes=1",
    "evaluation.transfer={}",
    "evaluation.validation_policies=2",
    "evaluation.validation_episodes=1",
]
ENVIRONMENT = [
    *OUTER,
    "inner.steps=[2,3]",
    "inner.widths=[4,8]",
    "inner.batch=4",
    "rollouts.agents=2",
    "rollouts.copies=1",
    "rollouts.steps=12",
    "rollouts.passes=2",
    "critic.updates=2",
    "measured_steps=20",
]


def words(kind, folder, *more):
    settings = {"demonstrations": DEMONSTRATIONS, "environment": ENVIRONMENT}[kind]
    command = ["train", "CartPole-v1", "--kind", kind, "--threads", "1", "--run-dir", str(folder), "--resume"]
    return [*command, *(word for text in (*settings, *more) for word in ("--set", text))]


def outcome(kind, folder):
    names = ["metrics.jsonl", "evaluation.json", f"{kind}/{kind}.safetensors"]
    description = json.loads((folder / kind / f"{kind}.json").read_text())
    description.get("card", description).pop("minutes", None)
    return {"description": description} | {name: (folder / name).read_bytes() for name in names}


@pytest.fixture(scope="module")
def warm():
    with WarmProcess(SETUP, "gtn-rl") as process:
        yield process


@pytest.mark.parametrize(
    ("kind", "kills"),
    [
        ("demonstrations", 2),
        *(
            pytest.param(kind, KILLS, marks=pytest.mark.slow, id=f"{kind}-many")
            for kind in ("demonstrations", "environment")
        ),
    ],
)
def test_killed_at_random_instants_a_run_ends_in_the_same_bits(warm, tmp_path, kind, kills):
    survived = check_survives_kills(
        warm, lambda path: words(kind, path), lambda path: outcome(kind, path), tmp_path, kills=kills, seed=SEED
    )
    assert survived.kills == kills
    print(f"gtn-rl train --kind {kind}: {survived}")


def begun(folder):
    return lambda: (folder / "metrics.jsonl").is_file() and (folder / "metrics.jsonl").stat().st_size > 0


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_saves_at_the_next_step_and_leaves_with_its_exit_code(warm, tmp_path, number, code):
    ended = warm.run(
        words("demonstrations", tmp_path, "outer.steps=5000"), during=signals(number, once=begun(tmp_path))
    )
    assert ended.code == code
    assert ended.err == f"stopped by {signal.Signals(number).name}; continue with --resume\n"
    saved = Checkpoint.latest(tmp_path / "checkpoints")
    assert saved.notes["metrics_length"] == (tmp_path / "metrics.jsonl").stat().st_size


def test_a_second_signal_ends_at_once(warm, tmp_path):
    during = signals(signal.SIGINT, signal.SIGTERM, once=begun(tmp_path))
    ended = warm.run(words("demonstrations", tmp_path, "outer.steps=5000"), during=during)
    assert (ended.code, ended.err) == (143, "")
