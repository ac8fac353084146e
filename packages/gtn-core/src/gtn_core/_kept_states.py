"""States that a forward pass keeps for the reverse sweep: all or every k-th, where the learner is or on the host."""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from gtn_core.typing import Tensors


class State(NamedTuple):
    """A learner between two inner steps."""

    parameters: Tensors
    optimizer: Tensors
    statistics: Tensors
    """Batch-norm statistics of the synthetic batch before; empty where no meta-loss asks for them."""
    buffers: Tensors
    """Constants for the meta-gradient."""
    memory: Tensors
    """Of a closed-loop curriculum; empty for every other."""


class KeptStates:
    """States by inner step, put in from the first to the last and taken out from the last to the first.

    Args:
        forward: makes the state after a step from the one before it, to fill gaps; called k - 1 times a gap.
        every: k; the states of other steps are forgotten and made again.
        offload: keep the states in the host's pinned memory; nothing changes for a learner that is on the CPU.

    Example:
        >>> forward = lambda step, state: state._replace(parameters={"x": state.parameters["x"] + step})
        >>> kept = KeptStates(forward, every=2)
        >>> state = State({"x": torch.zeros(())}, {}, {}, {}, {})
        >>> for step in range(4):
        ...     kept.keep(step, state)
        ...     state = forward(step, state)
        >>> [int(kept.take(step).parameters["x"]) for step in (3, 2, 1, 0)]
        [3, 1, 0, 0]
    """

    def __init__(self, forward: Callable[[int, State], State], every: int = 1, offload: bool = False) -> None:
        self._forward, self._every, self._offload = forward, every, offload
        self._first: int | None = None
        self._kept: dict[int, State] = {}
        self._device: torch.device | None = None

    def keep(self, step: int, state: State, *, anyway: bool = False) -> None:
        """Take in the state before a step.

        Args:
            step: one more than at the call before.
            state: before that step.
            anyway: keep it here whatever k is, since a graph holds it too.
        """
        if self._first is None:
            self._first = step
        if anyway:
            self._kept[step] = state
        elif (step - self._first) % self._every == 0:
            self._kept[step] = self._away(state)

    def take(self, step: int) -> State:
        """Return the state before a step, and forget it; no later one can be had after that."""
        if step not in self._kept:
            last = next(reversed(self._kept))
            state = self._here(self._kept[last])
            for earlier in range(last, step):
                state = self._kept[earlier + 1] = self._forward(earlier, state)
        return self._here(self._kept.pop(step))

    def _away(self, state: State) -> State:
        self._device = next(iter(state.parameters.values())).device
        if not self._offload or self._device.type == "cpu":
            return state
        return _mapped(state, _on_host)

    def _here(self, state: State) -> State:
        if not self._offload or self._device is None or self._device.type == "cpu":
            return state
        return _mapped(state, lambda tensor: tensor.to(self._device, non_blocking=True))


def _mapped(state: State, change: Callable[[Tensor], Tensor]) -> State:
    return State(*({name: change(tensor) for name, tensor in tensors.items()} for tensors in state))


def _on_host(tensor: Tensor) -> Tensor:
    """Copy without waiting: the copy back is queued behind it, so what it brings is whole."""
    pinned = torch.empty(tensor.shape, dtype=tensor.dtype, pin_memory=tensor.device.type == "cuda")
    return pinned.copy_(tensor, non_blocking=tensor.device.type == "cuda")
