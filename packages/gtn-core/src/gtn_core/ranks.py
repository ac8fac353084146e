"""The processes that share one meta-training, started by `torchrun`: who this one is, and what they tell each other.

Every rank takes its share of an outer step's learners; what they find is added up by an explicit all-reduce, so all
ranks hold the same meta-parameters at every step. Rank 0 alone reads and writes the run directory and tells the others
what they need, so they may be on other machines. Tensors travel as safetensors, never as pickles.

On a CPU the ranks talk through gloo, on CUDA devices through NCCL. Where all of them are on one machine, gloo is kept
to the loopback interface.
"""

import os
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import torch
import torch.distributed as dist
from safetensors.torch import load, save
from torch import Tensor

from gtn_core.errors import ConfigurationError, RankError
from gtn_core.typing import Tensors

LONGEST_WAIT = timedelta(hours=12)
"""For another rank that is alive but busy, such as rank 0 at a warm start; one that ends is noticed at once."""
TOLD_BY_TORCHRUN = ("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")
LOOPBACK = {"lo", "lo0"}


@dataclass(frozen=True)
class Ranks:
    """This process among those that share the work; without arguments it is alone, and all it says stays with it.

    Args:
        rank: which one this is, from 0.
        count: how many there are.

    Example:
        >>> Ranks(rank=1, count=2).share(5)
        range(1, 5, 2)
        >>> Ranks().agreed(7)
        7
    """

    rank: int = 0
    count: int = 1

    @property
    def first(self) -> bool:
        """Whether this is the one that writes."""
        return self.rank == 0

    @property
    def alone(self) -> bool:
        """Whether there are no others."""
        return self.count == 1

    def share(self, total: int) -> range:
        """Return which of `total` pieces of work are this rank's; every piece is one rank's."""
        return range(self.rank, total, self.count)

    def sum(self, tensors: Sequence[Tensor]) -> list[Tensor]:
        """Return the sums over all ranks, the same bits on each.

        Raises:
            RankError: another rank has ended.
        """
        if self.alone:
            return list(tensors)
        flat = torch.cat([tensor.flatten() for tensor in tensors])  # one message, however many parameters
        self._together(lambda: dist.all_reduce(flat))
        parts = flat.split([tensor.numel() for tensor in tensors])
        return [part.view_as(tensor).to(tensor.dtype) for part, tensor in zip(parts, tensors, strict=True)]

    def agreed(self, number: int) -> int:
        """Return rank 0's number; what the others give is not looked at.

        Raises:
            RankError: another rank has ended.
        """
        if self.alone:
            return number
        told = torch.tensor(number, dtype=torch.int64)
        self._together(lambda: dist.broadcast(told, src=0))
        return int(told)

    def told(self, tensors: Tensors) -> Tensors:
        """Return rank 0's tensors, on the CPU; what the others give is not looked at.

        Raises:
            RankError: another rank has ended.
        """
        if self.alone:
            return tensors
        packed = save({name: one.cpu().contiguous() for name, one in tensors.items()}) if self.first else b""
        message = torch.zeros(self.agreed(len(packed)), dtype=torch.uint8)
        if self.first:
            message = torch.frombuffer(bytearray(packed), dtype=torch.uint8)
        self._together(lambda: dist.broadcast(message, src=0))
        return load(message.numpy().tobytes())

    def _together(self, collective: Callable[[], object]) -> None:
        try:
            collective()
        except RuntimeError as error:
            raise RankError(
                f"rank {self.rank} has lost another of the {self.count} ranks, which says itself why it ended; what is "
                f"saved goes on with --resume, on any number of ranks ({_reason(error)})"
            ) from error


@contextmanager
def joined_ranks(device: str) -> Iterator[Ranks]:
    """Meet the other processes that torchrun started, and part from them in the end; alone without torchrun.

    Args:
        device: where this one computes.

    Raises:
        ConfigurationError: what torchrun says of the ranks makes no sense.
        RankError: the others do not come.
    """
    if not all(name in os.environ for name in TOLD_BY_TORCHRUN) or _told("WORLD_SIZE") == 1:
        yield Ranks()
        return
    ranks = Ranks(_told("RANK"), _told("WORLD_SIZE"))
    if not 0 <= ranks.rank < ranks.count:
        raise ConfigurationError(f"rank {ranks.rank} of {ranks.count} cannot be; start the ranks with torchrun")
    _keep_to_this_machine()
    on_cuda = torch.device(device).type == "cuda"
    if on_cuda:
        torch.cuda.set_device(device)
    backend = "cpu:gloo,cuda:nccl" if on_cuda else "gloo"
    ranks._together(lambda: dist.init_process_group(backend, timeout=LONGEST_WAIT))
    try:
        yield ranks
    finally:
        dist.destroy_process_group()


def device_of_rank(device: str) -> str:
    """Return the device of this rank: of `cuda` without a number, torchrun's ranks on a machine take one each.

    Example:
        >>> device_of_rank("cpu")
        'cpu'
    """
    return f"cuda:{_told('LOCAL_RANK')}" if device == "cuda" and "LOCAL_RANK" in os.environ else device


def _told(name: str) -> int:
    value = os.environ[name]
    if not value.isdecimal():
        raise ConfigurationError(f"the environment says {name}={value!r}, not a number; start the ranks with torchrun")
    return int(value)


def _keep_to_this_machine() -> None:
    """Let gloo listen where only this machine can reach it, if all ranks are here and the user says nothing else."""
    loopback = LOOPBACK & {name for _, name in socket.if_nameindex()}
    if os.environ.get("LOCAL_WORLD_SIZE") == os.environ["WORLD_SIZE"] and loopback:
        os.environ.setdefault("GLOO_SOCKET_IFNAME", loopback.pop())


def _reason(error: BaseException) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
