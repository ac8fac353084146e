"""`gtn-nas` interrupted: by signals, and by kills at any instant.

Of what a run leaves, all is compared but what the clock decides: the seconds of a score or a training, `timings.jsonl`,
TensorBoard's and NNI's files, the report.
"""

import json
import os
import signal

import pytest

from gtn_core.runs import Checkpoint, RunDirectory
from gtn_core.testing import WarmProcess, check_survives_kills, signals
from gtn_nas.search import trials_of

SETUP = """
from gtn_nas.cli import main
import gtn_nas.nni, gtn_nas.training, gtn_nas.search._report, sklearn.datasets
# Pictures take most of a tiny run's time, and are made again from what is compared here.
gtn_nas.search._report.build_search_report = lambda result, folder: folder / "report.html"
"""
KILLS = int(os.environ.get("GTN_KILLS", "30"))
SEED = int(os.environ.get("GTN_KILL_SEED", "0"))
NAO = " ".join(["0 2 1 0"] * 10)
SIZES = ["epochs=2", "cells=1", "filters=2", "batch_size=256", "checkpoint_every=2", "dropout=0.3", "cutout=0.3"]


def train(folder, *more):
    words = ["train", NAO, "--space", "nao", "--recipe", "search", "--data", "digits", "--threads", "1"]
    settings = [f"--set={text}" for text in (*SIZES, "augmentation=none", *more)]
    return [*words, *settings, "--run-dir", str(folder), "--resume"]


def train_outcome(folder):
    result = json.loads((folder / "result.json").read_text())
    del result["seconds"]
    return {"result.json": result} | {
        name: (folder / name).read_bytes() for name in ("metrics.jsonl", "model.safetensors")
    }


def search(folder, trials=6):
    words = ["search", "digits", "--space", "nb201", "--strategy", "evolution", "--seed", "3", "--trials", str(trials)]
    small = ["--channels", "2", "--cells", "1", "--seeds", "1", "--steps", "1", "--threads", "1"]
    return [*words, *small, "--run-dir", str(folder), "--resume"]


def search_outcome(folder):
    scores = [line.split(",") for line in (folder / "scores.csv").read_text().splitlines()]
    return {
        "scores.csv": [(genotype, score, std, status) for genotype, score, std, _, status in scores],
        "trials.jsonl": [trial.model_dump(exclude={"seconds"}) for trial in trials_of(folder)],
        "config.yaml": (folder / "config.yaml").read_bytes(),
    }


COMMANDS = {"train": (train, train_outcome), "search": (search, search_outcome)}


@pytest.fixture(scope="module")
def warm():
    with WarmProcess(SETUP, "gtn-nas") as process:
        yield process


@pytest.mark.parametrize(
    ("command", "kills"),
    [
        ("train", 2),
        ("search", 2),
        *(pytest.param(command, KILLS, marks=pytest.mark.slow, id=f"{command}-many") for command in COMMANDS),
    ],
)
def test_killed_at_random_instants_a_run_ends_in_the_same_bits(warm, tmp_path, command, kills):
    words, outcome = COMMANDS[command]
    survived = check_survives_kills(warm, words, outcome, tmp_path, kills=kills, seed=SEED)
    assert survived.kills == kills
    print(f"gtn-nas {command}: {survived}")


def begun(folder):
    files = (folder / "trials.jsonl", folder / "checkpoints")
    return lambda: any(path.exists() for path in files)


LONG = {"train": lambda folder: train(folder, "epochs=500"), "search": lambda folder: search(folder, 5000)}


@pytest.mark.parametrize(
    ("command", "number", "code"),
    [("train", signal.SIGTERM, 143), ("search", signal.SIGTERM, 143), ("search", signal.SIGINT, 130)],
)
def test_a_signal_saves_and_leaves_with_its_exit_code(warm, tmp_path, command, number, code):
    ended = warm.run(LONG[command](tmp_path / "run"), during=signals(number, once=begun(tmp_path / "run")))
    assert ended.code == code
    assert ended.err == f"stopped by {signal.Signals(number).name}; continue with --resume\n"
    if command == "search":
        assert (tmp_path / "run" / "scores.csv").read_text().count("\n") == len(trials_of(tmp_path / "run")) + 1
    else:
        assert Checkpoint.latest(tmp_path / "run" / "checkpoints").step > 0


@pytest.mark.parametrize("command", COMMANDS)
def test_a_second_signal_ends_at_once(warm, tmp_path, command):
    during = signals(signal.SIGINT, signal.SIGTERM, once=begun(tmp_path / "run"))
    ended = warm.run(LONG[command](tmp_path / "run"), during=during)
    assert (ended.code, ended.err) == (143, "")


@pytest.mark.parametrize("command", COMMANDS)
def test_a_second_process_in_the_same_folder_is_one_clear_line(warm, tmp_path, command):
    (tmp_path / "run").mkdir()
    words, _ = COMMANDS[command]
    with RunDirectory(tmp_path / "run").alone():
        ended = warm.run(words(tmp_path / "run"))
    assert ended.code == 1
    assert ended.err.startswith("error: another process is at work in")
    assert ended.err.count("\n") == 1
