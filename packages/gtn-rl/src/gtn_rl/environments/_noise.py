"""Noise for many copies of an environment, each from a generator of its own.

Copy i of a vector environment with seed s must live through what a single environment with seed s + i does, whatever
the others do. So each copy has its stream; blocks are drawn ahead, for speed, which leaves a stream's order as it is.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

AHEAD = 256


class NoiseStreams:
    """Standard normal vectors from one numpy generator a copy.

    Args:
        generators: one a copy.
        size: numbers of a vector.

    Example:
        >>> streams = NoiseStreams([np.random.default_rng(0), np.random.default_rng(1)], size=3)
        >>> alone = np.random.default_rng(1).standard_normal(3, dtype=np.float32)
        >>> bool((streams.take(np.array([0, 1]))[1] == alone).all())
        True
    """

    def __init__(self, generators: Sequence[np.random.Generator], size: int) -> None:
        self._generators = list(generators)
        self._blocks = np.empty((len(generators), AHEAD, size), dtype=np.float32)
        self._next = np.full(len(generators), AHEAD)

    def replace(self, copy: int, generator: np.random.Generator) -> None:
        """Let a copy begin another stream."""
        self._generators[copy] = generator
        self._next[copy] = AHEAD

    def take(self, copies: NDArray[np.intp]) -> NDArray[np.float32]:
        """Return the next vector of each of these copies, `[len(copies), size]`."""
        for copy in copies[self._next[copies] == AHEAD]:
            self._generators[copy].standard_normal(dtype=np.float32, out=self._blocks[copy])
            self._next[copy] = 0
        vectors: NDArray[np.float32] = self._blocks[copies, self._next[copies]]
        self._next[copies] += 1
        return vectors
