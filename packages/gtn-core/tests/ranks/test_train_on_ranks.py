"""`gtn train` on several ranks, and a run that goes on with another number of them."""

import json
import os
import signal
import socket
import subprocess
import sys
import time

import pytest
import torch
import yaml

from gtn_core import Teacher

TINY = [
    *("--set", "outer.steps=3", "--set", "warm_start.steps=3", "--set", "real_data_arm.steps=2"),
    *("--set", "teacher.steps=2", "--set", "teacher.batch=10", "--set", "outer.checkpoint_every=1"),
    *("--set", "evaluation.learners=2", "--set", "evaluation.curve_learners=2", "--set", "outer.validation_learners=1"),
    *("--threads", "1"),
]


def train(folder, *options):
    return ("-m", "gtn_core", "train", "digits", *TINY, "--run-dir", folder, *options)


def parameters_of(folder):
    return [parameter.detach() for parameter in Teacher.from_pretrained(folder / "teacher").parameters()]


def assert_alike(folder, other):
    for found, wanted in zip(parameters_of(folder), parameters_of(other), strict=True):
        torch.testing.assert_close(found, wanted, rtol=1e-3, atol=1e-4)


def test_two_ranks_make_the_run_of_one_process_with_two_learners_a_step(on_ranks, tmp_path):
    first, second = on_ranks(2, *train(tmp_path / "two", "--json"))
    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    assert second.stdout == ""
    assert json.loads(first.stdout)["run_dir"] == str(tmp_path / "two")
    configuration = yaml.safe_load((tmp_path / "two" / "config.yaml").read_text())
    assert configuration["recipe"]["outer"]["learners"] == configuration["ranks"] == 2
    subprocess.run(
        [sys.executable, *map(str, train(tmp_path / "one", "--set", "outer.learners=2"))], check=True, timeout=600
    )
    assert_alike(tmp_path / "two", tmp_path / "one")


def test_what_is_wrong_on_rank_0_ends_all(on_ranks, tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "something").write_text("")
    first, second = on_ranks(2, *train(tmp_path / "full"))
    assert (first.returncode, second.returncode) == (1, 1)
    assert "is not empty and holds no run" in first.stderr
    assert "rank 1 has lost another of the 2 ranks" in second.stderr


@pytest.mark.slow
def test_under_torchrun_a_signal_saves_and_one_process_finishes(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    launcher = ("-m", "torch.distributed.run", "--nproc-per-node", "2", "--master-port", port)
    process = subprocess.Popen(
        [sys.executable, *map(str, (*launcher, *train(tmp_path / "run", "--set", "outer.steps=400")))],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    while not list((tmp_path / "run").glob("checkpoints/*.safetensors")):
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=600)
    assert errors.count("stopped by SIGTERM; continue with --resume") == 2
    ended = subprocess.run(
        [sys.executable, *map(str, train(tmp_path / "run", "--set", "outer.steps=400", "--resume"))],
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert ended.returncode == 0, ended.stderr
    assert "started on 2 ranks and goes on with 1; its 2 learners a step stay" in ended.stderr
    assert len((tmp_path / "run" / "metrics.jsonl").read_text().splitlines()) == 400
