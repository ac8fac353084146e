"""Where episodes begin, for many copies of an environment, each from a random stream of its own.

Copy i of a vector environment with seed s must live through what a single environment with seed s + i does, whatever
the others do. So each copy has its stream. Blocks of initial states are made ahead, since many at once cost little
more than one: that leaves a stream's order as it is.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gtn_rl.environments._generator import EnvironmentGenerator

AHEAD = 256


class Starts(NamedTuple):
    """Initial states of some copies."""

    states: Tensor
    """`[copies, D]`, latent."""
    observations: NDArray[np.float32]
    """`[copies, D]`, what agents see of them."""


class StartStreams:
    """Initial states from one numpy generator a copy.

    Args:
        streams: one a copy.
        environment: makes states of noise.
        device: where it computes.

    Example:
        >>> from gtn_rl.environments import GeneratorSpecification, spaces_of
        >>> environment = GeneratorSpecification(spaces=spaces_of("CartPole-v1")).build()
        >>> starts = StartStreams([np.random.default_rng(0), np.random.default_rng(1)], environment, "cpu")
        >>> starts.take(np.array([0, 1])).observations.shape
        (2, 4)
    """

    def __init__(
        self, streams: Sequence[np.random.Generator], environment: EnvironmentGenerator, device: torch.device | str
    ) -> None:
        self._streams, self._environment, self._device = list(streams), environment, device
        shape = (len(streams), AHEAD, environment.size)
        self._states = torch.empty(shape, device=device)
        self._observations = np.empty(shape, dtype=np.float32)
        self._next = np.full(len(streams), AHEAD)

    def replace(self, copy: int, stream: np.random.Generator) -> None:
        """Let a copy begin another stream."""
        self._streams[copy] = stream
        self._next[copy] = AHEAD

    def take(self, copies: NDArray[np.intp]) -> Starts:
        """Return the next initial state of each of these copies."""
        places = self._next[copies]
        if (places == AHEAD).any():
            self._make(copies[places == AHEAD])
            places = self._next[copies]
        self._next[copies] += 1
        states = self._states[torch.from_numpy(copies), torch.from_numpy(places)]
        return Starts(states, self._observations[copies, places])

    @torch.no_grad()
    def _make(self, copies: NDArray[np.intp]) -> None:
        size = self._environment.size
        noise = [self._streams[copy].standard_normal((AHEAD, size), dtype=np.float32) for copy in copies]
        states = self._environment.initial(torch.from_numpy(np.stack(noise)).to(self._device))
        self._states[torch.from_numpy(copies)] = states
        self._observations[copies] = self._environment.observe(states).cpu().numpy()
        self._next[copies] = 0
