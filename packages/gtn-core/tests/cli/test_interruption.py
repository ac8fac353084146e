"""Real processes, really killed: what is left can be resumed to the same bits."""

import hashlib
import os
import random
import signal
import subprocess
import sys
import time

import pytest

SETTINGS = [
    *("--set", "outer.steps=12", "--set", "warm_start.steps=10", "--set", "real_data_arm.steps=4"),
    *("--set", "outer.checkpoint_every=2", "--set", "outer.validate_every=4", "--set", "evaluation.learners=2"),
    *("--set", "evaluation.curve_learners=1", "--threads", "1"),
]


def command(folder, *options):
    return [sys.executable, "-m", "gtn_core", "train", "digits", *SETTINGS, "--run-dir", str(folder), *options]


def outcome(folder):
    names = ["teacher/teacher.safetensors", "metrics.jsonl", "real_data/metrics.jsonl", "evaluation.json"]
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names}


def wait_for(path, process):
    while not path.exists():
        assert process.poll() is None, "the run ended before it could be interrupted"
        time.sleep(0.02)


def test_a_signal_while_data_are_read_is_no_damaged_data(tmp_path):
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


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_saves_and_leaves_with_its_exit_code(tmp_path, number, code):
    process = subprocess.Popen(command(tmp_path / "run"), stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    wait_for(tmp_path / "run" / "metrics.jsonl", process)
    process.send_signal(number)
    _, errors = process.communicate(timeout=120)
    assert process.returncode == code
    assert errors.strip().endswith("continue with --resume")
    assert list((tmp_path / "run" / "checkpoints").glob("step-*.safetensors"))


def test_a_run_killed_three_times_ends_in_the_same_bits(tmp_path):
    subprocess.run(command(tmp_path / "undisturbed"), check=True, stdout=subprocess.DEVNULL)
    moments = random.Random(os.environ.get("GTN_KILL_SEED", 0))
    for _ in range(3):
        process = subprocess.Popen(command(tmp_path / "killed", "--resume"), stdout=subprocess.DEVNULL)
        wait_for(tmp_path / "killed" / "config.yaml", process)
        time.sleep(moments.uniform(0.0, 4.0))
        process.kill()
        process.wait()
    subprocess.run(command(tmp_path / "killed", "--resume"), check=True, stdout=subprocess.DEVNULL)
    assert outcome(tmp_path / "killed") == outcome(tmp_path / "undisturbed")
