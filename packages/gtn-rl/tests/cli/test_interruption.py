"""Killed at any instant and resumed, a run ends in the same artefact and metrics, bit for bit."""

import os
import signal
import subprocess
import sys
import time

import pytest

from gtn_rl.cli import main

SETTINGS = [
    "outer.steps=20",
    "outer.checkpoint_every=2",
    "outer.validate_every=5",
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


def words(folder):
    command = [
        "train",
        "CartPole-v1",
        "--kind",
        "demonstrations",
        "--threads",
        "1",
        "--run-dir",
        str(folder),
        "--resume",
    ]
    return [*command, *(word for text in SETTINGS for word in ("--set", text))]


def interrupt(folder, number, lines):
    """Send a signal as soon as the metrics have so many lines."""
    command = [sys.executable, "-m", "gtn_rl", *words(folder)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
    metrics = folder / "metrics.jsonl"
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and process.poll() is None:
        if metrics.is_file() and metrics.read_bytes().count(b"\n") >= lines:
            process.send_signal(number)
            break
        time.sleep(0.002)
    process.communicate(timeout=60)
    return process.returncode


def test_killed_and_terminated_and_resumed(tmp_path, monkeypatch):
    folder, undisturbed = tmp_path / "run", tmp_path / "undisturbed"
    assert interrupt(folder, signal.SIGKILL, 3) == -signal.SIGKILL
    assert interrupt(folder, signal.SIGTERM, 13) == 143  # so far on that the first has not been there
    for path in (folder, undisturbed):  # in this process, which saves starting two
        monkeypatch.setattr(sys, "argv", ["gtn-rl", *words(path)])
        with pytest.raises(SystemExit) as stopped:
            main()
        assert stopped.value.code == 0
    for name in (
        "metrics.jsonl",
        "evaluation.json",
        "demonstrations/demonstrations.safetensors",
        "demonstrations/demonstrations.json",
    ):
        assert (folder / name).read_bytes() == (undisturbed / name).read_bytes(), name
