"""Pixels in [0, 1] to mean 0 and standard deviation 1 per channel, and back.

Shape legend: N examples, B batch, C channels, H height, W width.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gtn_core.errors import DataError

_CHUNK = 4096  # images counted at a time, so that measuring needs little memory


@dataclass(frozen=True)
class Normalization:
    """The mean and standard deviation of each channel, for pixels between 0 (black) and 1 (white).

    Attributes:
        mean: one number a channel.
        std: one positive number a channel.

    Example:
        >>> normalization = Normalization(mean=(0.5,), std=(0.25,))
        >>> pixels = torch.tensor([0.0, 0.5, 1.0]).view(1, 1, 1, 3)
        >>> normalization.normalize(pixels).flatten().tolist()
        [-2.0, 0.0, 2.0]
        >>> normalization.denormalize(normalization.normalize(pixels)).flatten().tolist()
        [0.0, 0.5, 1.0]
    """

    mean: tuple[float, ...]
    std: tuple[float, ...]

    def __post_init__(self) -> None:
        """Make both tuples of floats and refuse what cannot normalise an image."""
        object.__setattr__(self, "mean", tuple(float(value) for value in self.mean))
        object.__setattr__(self, "std", tuple(float(value) for value in self.std))
        if not self.mean or len(self.mean) != len(self.std):
            raise DataError(
                f"a normalisation needs one mean and one std a channel, got {len(self.mean)} and {len(self.std)}"
            )
        if not all(map(math.isfinite, self.mean + self.std)) or min(self.std) <= 0:
            raise DataError(
                f"a normalisation needs finite means and positive stds, got mean {self.mean} and std {self.std}"
            )

    @property
    def channels(self) -> int:
        """How many channels the images must have."""
        return len(self.mean)

    def normalize(self, images: Tensor) -> Tensor:
        """Return pixels in [0, 1], `[B, C, H, W]`, at mean 0 and std 1, on the same device and of the same dtype."""
        return torch.sub(images, self._channelwise(self.mean, images)).div_(self._channelwise(self.std, images))

    def denormalize(self, images: Tensor) -> Tensor:
        """Return normalised images, `[B, C, H, W]`, as pixels in [0, 1] (beyond them where the images are)."""
        return torch.mul(images, self._channelwise(self.std, images)).add_(self._channelwise(self.mean, images))

    def _channelwise(self, values: tuple[float, ...], images: Tensor) -> Tensor:
        if images.ndim < 3 or images.shape[-3] != self.channels:
            raise DataError(
                f"images of shape {list(images.shape)} do not fit a normalisation of {self.channels} channel(s); "
                f"give [B, {self.channels}, H, W]"
            )
        if not images.is_floating_point():
            raise DataError(
                f"normalisation works on floating-point pixels in [0, 1], got {images.dtype}; divide by 255 first"
            )
        column = torch.tensor(values, dtype=images.dtype, device="cpu").view(-1, 1, 1)
        return column.to(images.device, non_blocking=True)


def measured(pixels_NHWC: NDArray[Any], white: int) -> Normalization:
    """Return the normalisation of integer pixels between 0 and `white`; a constant channel gets std 1.

    Levels are counted and not summed up pixel by pixel: exact, and the same on any number of threads.
    """
    levels = np.arange(white + 1) / white
    means, stds = [], []
    for channel in range(pixels_NHWC.shape[3]):
        counts = np.zeros(white + 1, np.int64)
        for start in range(0, len(pixels_NHWC), _CHUNK):
            counts += np.bincount(pixels_NHWC[start : start + _CHUNK, :, :, channel].ravel(), minlength=white + 1)
        mean = float(np.average(levels, weights=counts))
        variance = float(np.average((levels - mean) ** 2, weights=counts))
        constant = np.count_nonzero(counts) == 1
        means.append(mean)
        stds.append(1.0 if constant else math.sqrt(variance))
    return Normalization(tuple(means), tuple(stds))
