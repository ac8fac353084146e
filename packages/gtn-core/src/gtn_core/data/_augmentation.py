"""Augmentation of real batches: what the paper does to CIFAR-10.

`crop_flip` pads each side by 4 black pixels, crops at random to the old size and mirrors half of the images. Black is
black in pixel space, (0 - mean) / std once normalised, as when one augments first and normalises after.

Shape legend: B batch, C channels, H height, W width.
"""

from typing import Literal, TypeAlias, get_args

import torch
from torch import Generator, Tensor

from gtn_core.data._normalization import Normalization
from gtn_core.errors import UnknownNameError

Augmentation: TypeAlias = Literal["none", "crop_flip"]
"""What happens to a real batch before a learner sees it."""

_PADDING = 4


def augment(images: Tensor, kind: Augmentation, generator: Generator, *, normalization: Normalization | None) -> Tensor:
    """Return the images, each changed at random in its own way.

    Args:
        images: `[B, C, H, W]`, on any device.
        kind: `none` returns the images as they are; `crop_flip` shifts by up to 4 pixels and mirrors every other one.
        generator: where the randomness comes from; a CPU generator, also for images on a GPU.
        normalization: the one the images are expressed in, for the colour of the border; None for pixels in [0, 1].

    Example:
        >>> images = torch.rand(8, 3, 32, 32)
        >>> augment(images, "crop_flip", torch.Generator().manual_seed(0), normalization=None).shape
        torch.Size([8, 3, 32, 32])
    """
    if kind == "none":
        return images
    if kind == "crop_flip":
        return _crop_flip(images, generator, normalization)
    raise UnknownNameError("augmentation", kind, get_args(Augmentation))


def _crop_flip(images_BCHW: Tensor, generator: Generator, normalization: Normalization | None) -> Tensor:
    batch, channels, height, width = images_BCHW.shape
    device = images_BCHW.device
    # All randomness is drawn on the CPU and sent over without waiting, so the GPU never holds the host up.
    shifts = torch.randint(2 * _PADDING + 1, (2, batch, 1), generator=generator, device="cpu")
    mirrored = torch.rand((batch, 1), generator=generator, device="cpu") < 0.5
    columns = torch.arange(width).expand(batch, width)
    columns = shifts[1] + torch.where(mirrored, width - 1 - columns, columns)
    rows_BH1 = (shifts[0] + torch.arange(height)).unsqueeze(2).to(device, non_blocking=True)
    columns_B1W = columns.unsqueeze(1).to(device, non_blocking=True)

    black = torch.zeros_like(images_BCHW[:1, :, :1, :1])
    if normalization is not None:
        black = normalization.normalize(black)
    canvas = black.expand(batch, channels, height + 2 * _PADDING, width + 2 * _PADDING).clone()
    canvas[:, :, _PADDING : _PADDING + height, _PADDING : _PADDING + width] = images_BCHW
    example_B11 = torch.arange(batch, device=device).view(-1, 1, 1)
    return canvas[example_B11, :, rows_BH1, columns_B1W].permute(0, 3, 1, 2).contiguous()
