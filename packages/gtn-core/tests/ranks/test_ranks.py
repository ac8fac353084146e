"""Several processes do what one does: the same learners, the same mean, the same teacher to rounding."""

import json
import runpy
import signal
from pathlib import Path

import pytest
import torch

from gtn_core.errors import ConfigurationError
from gtn_core.ranks import Ranks, device_of_rank, joined_ranks
from gtn_core.runs import Checkpoint

WORKER = Path(__file__).parent / "worker.py"


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """The folder of a run in one process, and its teacher's parameters."""
    folder = tmp_path_factory.mktemp("alone")
    return folder, parameters_of(trained_alone(folder))


def trained_alone(folder):
    return runpy.run_path(str(WORKER))["trained"](folder, Ranks())


def parameters_of(teacher):
    return {name: parameter.detach() for name, parameter in teacher.named_parameters()}


def metrics_of(folder):
    """The metrics without their checksums, which rounding changes."""
    lines = (folder / "metrics.jsonl").read_text().splitlines()
    return [{name: value for name, value in json.loads(line).items() if name != "crc32"} for line in lines]


def checkpoint_of(folder, step):
    found = Checkpoint.latest(folder / "checkpoints")
    assert found.step == step
    return {
        name.removeprefix("parameter/"): one for name, one in found.tensors.items() if name.startswith("parameter/")
    }


def assert_close(found, expected):
    assert found.keys() == expected.keys()
    for name, tensor in expected.items():
        torch.testing.assert_close(found[name], tensor, rtol=1e-10, atol=1e-12)


def test_two_ranks_reach_what_one_process_reaches(on_ranks, alone, tmp_path):
    """Three learners on two ranks, so the shares are not even; rank 1 starts from other parameters of its own."""
    folder, expected = alone
    ended = on_ranks(2, WORKER, tmp_path)
    assert [(one.returncode, one.stderr) for one in ended] == [(0, ""), (0, "")]
    assert_close(checkpoint_of(tmp_path, 4), expected)
    for found, wanted in zip(metrics_of(tmp_path), metrics_of(folder), strict=True):
        assert found == pytest.approx(wanted, rel=1e-10)


def test_a_rank_that_dies_ends_the_job_and_the_rest_is_done_alone(on_ranks, alone, tmp_path):
    first, second = on_ranks(2, WORKER, tmp_path, 2)
    assert second.returncode == -signal.SIGKILL
    assert first.returncode == 1
    assert first.stderr.startswith("error: rank 0 has lost another of the 2 ranks")
    assert "--resume, on any number of ranks" in first.stderr
    assert first.stderr.count("\n") == 1
    assert Checkpoint.latest(tmp_path / "checkpoints").step == 2  # no step that was done is lost
    found = parameters_of(trained_alone(tmp_path))
    assert_close(found, alone[1])
    assert [line["step"] for line in metrics_of(tmp_path)] == [0, 1, 2, 3]


@pytest.mark.parametrize("total", [0, 1, 5, 8])
@pytest.mark.parametrize("count", [1, 2, 3, 8])
def test_every_piece_of_work_is_one_ranks(count, total):
    shares = [index for rank in range(count) for index in Ranks(rank, count).share(total)]
    assert sorted(shares) == list(range(total))


def test_who_is_alone_hears_itself():
    tensors = [torch.ones(2), torch.zeros(())]
    assert all(map(torch.equal, Ranks().sum(tensors), tensors))
    assert Ranks().agreed(5) == 5
    assert Ranks().told({"x": tensors[0]})["x"] is tensors[0]


def told(monkeypatch, **words):
    for name, value in {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "1", **words}.items():
        monkeypatch.setenv(name, value)


def test_without_torchrun_and_with_one_process_there_is_nobody_to_meet(monkeypatch):
    with joined_ranks("cpu") as ranks:
        assert ranks == Ranks(0, 1)
    told(monkeypatch, RANK="0", WORLD_SIZE="1")
    with joined_ranks("cpu") as ranks:
        assert ranks == Ranks(0, 1)


@pytest.mark.parametrize(
    ("rank", "size", "words"),
    [("2", "2", "rank 2 of 2 cannot be"), ("x", "2", "RANK='x', not a number"), ("0", "-3", "WORLD_SIZE='-3'")],
)
def test_ranks_that_cannot_be_are_refused(monkeypatch, rank, size, words):
    told(monkeypatch, RANK=rank, WORLD_SIZE=size)
    with pytest.raises(ConfigurationError, match=words), joined_ranks("cpu"):
        pass


def test_ranks_of_one_machine_take_a_cuda_device_each(monkeypatch):
    monkeypatch.delenv("LOCAL_RANK", raising=False)
    assert device_of_rank("cuda") == "cuda"
    monkeypatch.setenv("LOCAL_RANK", "3")
    assert [device_of_rank(name) for name in ("cuda", "cuda:1", "cpu")] == ["cuda:3", "cuda:1", "cpu"]


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="torch sees no CUDA device")
def test_nccl_adds_up_and_gloo_tells(monkeypatch):
    """On one device there is one rank; it goes through both backends all the same."""
    told(monkeypatch, RANK="0", WORLD_SIZE="1")
    import torch.distributed as dist

    dist.init_process_group("cpu:gloo,cuda:nccl", init_method="tcp://127.0.0.1:29511", rank=0, world_size=1)
    try:
        ranks = Ranks(0, 2)  # not alone, as far as it knows
        on_device = torch.ones(3, device="cuda")
        assert torch.equal(ranks.sum([on_device])[0], on_device)
        assert ranks.agreed(7) == 7
        assert torch.equal(ranks.told({"x": on_device})["x"], on_device.cpu())
    finally:
        dist.destroy_process_group()
