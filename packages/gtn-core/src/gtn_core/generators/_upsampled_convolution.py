"""Nearest-neighbour upsampling and a 3x3 convolution in one, at the cost of the small maps instead of the large ones.

Where upsampling exactly doubles both sides, a 3x3 window on the large map covers at most 2x2 pixels of the small map,
so each of the four places (even or odd row, even or odd column) of the output is a convolution of the small map with
sums of the 3x3 weights, and the four are interleaved. Reflecting the large map at its border is repeating the small
one's border pixel. The values are those of the plain composition, to rounding; the large input maps never exist.

Reference: the sub-pixel convolution of Shi et al. (2016), here with weights tied by the upsampling.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class UpsampledConvolution(nn.Conv2d):
    """Upsample to a given size by the nearest neighbour, reflect the border, convolve 3x3.

    Args:
        inputs: channels in.
        outputs: channels out.
        size: height and width out.
        bias: whether there is one.

    Example:
        >>> UpsampledConvolution(4, 2, (14, 14))(torch.zeros(3, 4, 7, 7)).shape
        torch.Size([3, 2, 14, 14])
    """

    def __init__(self, inputs: int, outputs: int, size: tuple[int, int], *, bias: bool = False) -> None:
        super().__init__(inputs, outputs, 3, bias=bias)
        self._size = size

    def forward(self, inputs: Tensor) -> Tensor:
        """Return maps `[B, outputs, *size]` for maps `[B, inputs, h, w]`."""
        height, width = inputs.shape[2:]
        if self._size == (2 * height, 2 * width):
            return self._on_small_maps(inputs)
        large = F.interpolate(inputs, self._size, mode="nearest")
        return super().forward(F.pad(large, (1, 1, 1, 1), mode="reflect"))

    def _on_small_maps(self, inputs: Tensor) -> Tensor:
        places = [weight for row in _even_and_odd(self.weight, 2) for weight in _even_and_odd(row, 3)]
        weights = torch.stack(places, 1).flatten(0, 1)
        bias = None if self.bias is None else self.bias.repeat_interleave(4)
        return F.pixel_shuffle(F.conv2d(F.pad(inputs, (1, 1, 1, 1), mode="replicate"), weights, bias), 2)


def _even_and_odd(weight: Tensor, side: int) -> tuple[Tensor, Tensor]:
    """Return the weights on the small map's pixels before, at and after, for an even and for an odd place."""
    first, middle, last = weight.unbind(side)
    nothing = torch.zeros_like(first)
    return torch.stack([first, middle + last, nothing], side), torch.stack([nothing, first + middle, last], side)
