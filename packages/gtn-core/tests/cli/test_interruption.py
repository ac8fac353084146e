"""`gtn` interrupted: by signals, by kills at any instant, by faults at any change to a file.

The commands are as small as they can be, and start in forked copies of one process that has imported everything.
Of what they leave, all is compared but what the clock decides: `timings.jsonl`, TensorBoard's files, the report.
"""

import errno
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from gtn_core.runs import Checkpoint, RunDirectory
from gtn_core.testing import Fault, WarmProcess, check_survives_faults, check_survives_kills, signals

SETUP = """
from gtn_core.cli import main
import gtn_core.reporting, sklearn.datasets
# Pictures take most of a tiny run's time, and are made again from what is compared here.
gtn_core.reporting.build_report = gtn_core.reporting.build_study_report = lambda run: run.path / "report.html"
"""
KILLS = int(os.environ.get("GTN_KILLS", "30"))
SEED = int(os.environ.get("GTN_KILL_SEED", "0"))
TINY = {
    "outer.steps": 8,
    "outer.checkpoint_every": 2,
    "outer.validate_every": 4,
    "outer.validation_learners": 1,
    "outer.intermediate_every": "null",
    "outer.averaging": 0.9,
    "outer.rollback_factor": 0.5,
    "warm_start.steps": 4,
    "real_data_arm.steps": 3,
    "teacher.steps": 2,
    "teacher.batch": 10,
    "evaluation.learners": 2,
    "evaluation.curve_learners": 1,
    "evaluation.curve_images": 50,
}


def settings(**changes):
    return [word for key, value in (TINY | changes).items() for word in ("--set", f"{key}={value}")]


def train(folder, **changes):
    return ["train", "digits", *settings(**changes), "--threads", "1", "--run-dir", str(folder), "--resume"]


def study(folder):
    words = ["study", "curricula", "--recipe", "digits", "--arm", "none", "--arm", "full", "--seeds", "1"]
    return [*words, *settings(**{"outer.steps": 4}), "--run-dir", str(folder), "--store", f"{folder}/arms", "--resume"]


def content(folder, *names):
    return {name: (folder / name).read_bytes() for name in names}


def run_outcome(folder):
    files = ["metrics.jsonl", "real_data/metrics.jsonl", "evaluation.json"]
    return content(
        folder, *files, *(f"teacher/{name}" for name in ("teacher.safetensors", "teacher.json", "README.md"))
    )


def study_outcome(folder):
    arms = [str(path.relative_to(folder)) for path in sorted(folder.glob("arms/*/teacher/teacher.safetensors"))]
    metrics = [str(path.relative_to(folder)) for path in sorted(folder.glob("arms/*/metrics.jsonl"))]
    assert len(arms) == len(metrics) == 2
    return content(folder, "study.json", *arms, *metrics)


COMMANDS = {"train": (train, run_outcome), "study": (study, study_outcome)}


@pytest.fixture(scope="module")
def warm():
    with WarmProcess(SETUP, "gtn") as process:
        yield process


@pytest.mark.parametrize(
    ("command", "kills"),
    [
        ("train", 3),
        *(pytest.param(command, KILLS, marks=pytest.mark.slow, id=f"{command}-many") for command in COMMANDS),
    ],
)
def test_killed_at_random_instants_a_run_ends_in_the_same_bits(warm, tmp_path, command, kills):
    words, outcome = COMMANDS[command]
    survived = check_survives_kills(warm, words, outcome, tmp_path, kills=kills, seed=SEED)
    assert survived.kills == kills
    print(f"gtn {command}: {survived}")


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS)
def test_killed_before_any_change_to_a_file_a_run_ends_in_the_same_bits(warm, tmp_path, command):
    words, outcome = COMMANDS[command]
    survived = check_survives_faults(
        warm, words, outcome, tmp_path, wanted=lambda change: "events." not in change and "figures" not in change
    )
    assert survived.kills > 50
    print(f"gtn {command}, before changes to files: {survived}")


def test_another_process_ends_in_the_same_bits(warm, tmp_path):
    assert warm.run(train(tmp_path / "here")).code == 0
    command = [sys.executable, "-m", "gtn_core", *train(tmp_path / "elsewhere")]
    environment = os.environ | {"PYTHONHASHSEED": "7", "OMP_NUM_THREADS": "1"}
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment)
    assert run_outcome(tmp_path / "here") == run_outcome(tmp_path / "elsewhere")


@pytest.mark.parametrize(
    ("command", "number", "code"),
    [("train", signal.SIGTERM, 143), ("train", signal.SIGINT, 130), ("study", signal.SIGTERM, 143)],
)
def test_a_signal_saves_at_the_next_step_and_leaves_with_its_exit_code(warm, tmp_path, command, number, code):
    folder = tmp_path / "run"

    def begun():
        return any(path.stat().st_size for path in folder.glob("**/metrics.jsonl"))

    words, _ = COMMANDS[command]
    ended = warm.run([*words(folder), "--set", "outer.steps=5000"], during=signals(number, once=begun))
    assert ended.code == code
    assert ended.err == f"stopped by {signal.Signals(number).name}; continue with --resume\n"
    (checkpoints,) = folder.glob("**/checkpoints")
    saved = Checkpoint.latest(checkpoints)
    assert saved.notes["metrics_length"] == (checkpoints.parent / "metrics.jsonl").stat().st_size


@pytest.mark.parametrize("command", COMMANDS)
def test_a_second_signal_ends_at_once(warm, tmp_path, command):
    folder = tmp_path / "run"
    words, _ = COMMANDS[command]
    during = signals(signal.SIGINT, signal.SIGTERM, once=lambda: any(folder.glob("**/metrics.jsonl")))
    ended = warm.run(
        [*words(folder), "--set", "outer.steps=5000", "--set", "outer.checkpoint_every=5000"], during=during
    )
    assert (ended.code, ended.err) == (143, "")
    assert not list(folder.glob("**/*.safetensors.partial"))


def test_a_second_signal_ends_at_once_where_nothing_is_to_be_saved(warm):
    def interrupt(pid):
        signals(signal.SIGINT, signal.SIGTERM, once=lambda: handles(pid, signal.SIGTERM))(pid)

    assert warm.run(["tune", "digits"], during=interrupt).code == 143


def handles(pid, number):
    """Say whether a process has a handler for a signal."""
    (caught,) = re.findall(r"SigCgt:\s*(\w+)", Path(f"/proc/{pid}/status").read_text())
    return bool(int(caught, 16) >> (number - 1) & 1)


def test_a_signal_while_data_are_read_is_no_damaged_data():
    """Libraries catch every error of the files they read; a signal is none."""
    script = (
        "import sys, os, signal\n"
        "import gtn_core.data._sources as sources\n"
        "from gtn_core.cli import main\n"
        "sources.load_digits = lambda: os.kill(os.getpid(), signal.SIGTERM)\n"
        "sys.argv = ['gtn', 'teach', 'digits']\n"
        "main()\n"
    )
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120)
    assert ended.returncode == 143
    assert ended.stderr.strip() == "stopped by SIGTERM"


def one_line(ended, *words):
    assert ended.code == 1
    assert ended.err.startswith("error: ")
    assert ended.err.count("\n") == 1
    for word in words:
        assert word in ended.err


@pytest.mark.parametrize(("number", "words"), [(errno.ENOSPC, "No space left"), (errno.EROFS, "Read-only file system")])
def test_a_disk_that_is_full_or_read_only_is_one_clear_line_and_costs_nothing(warm, tmp_path, number, words):
    undisturbed = tmp_path / "undisturbed"
    changes = warm.run(train(undisturbed), folder=undisturbed).changes
    renames = [at for at, change in enumerate(changes, 1) if change.startswith("rename checkpoints")]
    for at in (1, renames[1], len(changes) - 20):
        folder = tmp_path / f"refused-{at}"
        ended = warm.run(train(folder), folder=folder, fault=Fault(at, number))
        one_line(ended, words, str(folder))
        if at == renames[1]:
            assert Checkpoint.latest(folder / "checkpoints").step == 2
        assert warm.run(train(folder)).code == 0
        assert run_outcome(folder) == run_outcome(undisturbed)


def test_a_second_process_in_the_same_folder_is_one_clear_line(warm, tmp_path):
    folder = tmp_path / "run"
    run = RunDirectory(folder)
    folder.mkdir()
    with run.alone():
        one_line(warm.run(train(folder)), "another process is at work in")
    assert warm.run(train(folder)).code == 0
