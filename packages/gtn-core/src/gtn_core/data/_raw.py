"""What every source hands over: integer pixels and labels, before splitting and normalising.

Shape legend: N examples, H height, W width, C channels.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class RawSplit:
    """Pixels `[N, H, W, C]` from 0 to the `white` of their `RawData`, and labels `[N]`."""

    pixels: NDArray[Any]
    labels: NDArray[np.int64]

    def __len__(self) -> int:
        """How many examples there are."""
        return len(self.labels)

    def at(self, indices: NDArray[np.int64]) -> "RawSplit":
        """Return the examples at `indices`, in their order."""
        return RawSplit(self.pixels[indices], self.labels[indices])


@dataclass(frozen=True, eq=False)
class RawData:
    """Splits under the names `train`, `validation` and `test`; `train` is always there."""

    splits: dict[str, RawSplit]
    class_names: tuple[str, ...]
    white: int
    source: str
    held_out: int | None = None  # the size of validation that the paper uses with this data set
