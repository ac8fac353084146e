"""Augmentation of batches: what the paper does to CIFAR-10, and what turns no digit into another.

`crop_flip` pads each side by 4 black pixels, crops at random to the old size and mirrors half of the images. Black is
black in pixel space, (0 - mean) / std once normalised, as when one augments first and normalises after.

`affine` reads each image at a grid that is shifted by up to a tenth of the side, stretched along either axis by up to
a fifth and turned by up to 30 degrees; what comes in repeats the edge. Images that are not square are sheared a little.
It is differentiable in the images. After Zhao and Bilen, "Dataset condensation with differentiable siamese
augmentation" (2021), who have cutout and colour besides, and one map for a whole batch (`alike`).

Shape legend: B batch, C channels, H height, W width.
"""

import math
from typing import Literal, TypeAlias, get_args

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from gtn_core.data._normalization import Normalization
from gtn_core.errors import DataError, UnknownNameError

Augmentation: TypeAlias = Literal["none", "crop_flip", "affine"]
"""What happens to a batch before a learner sees it."""

_PADDING = 4
_SHIFT, _STRETCH, _TURN = 0.1, 0.2, math.radians(30)


def augment(
    images: Tensor,
    kind: Augmentation,
    generator: Generator,
    *,
    normalization: Normalization | None,
    alike: Tensor | None = None,
) -> Tensor:
    """Return the images, each changed at random in its own way, or groups of them alike.

    Args:
        images: `[B, C, H, W]`, on any device.
        kind: `none` returns the images as they are; `crop_flip` shifts by up to 4 pixels and mirrors every other one;
            `affine` shifts, stretches and turns a little.
        generator: where the randomness comes from; a CPU generator, also for images on a GPU.
        normalization: the one the images are expressed in, for the colour of the border; None for pixels in [0, 1].
        alike: whole numbers `[B]`, better on the CPU (a GPU is waited for); images of the same number are changed in
            the same way. None where each has its own.

    Raises:
        DataError: not as many numbers as images.

    Example:
        >>> images = torch.rand(8, 3, 32, 32)
        >>> augment(images, "crop_flip", torch.Generator().manual_seed(0), normalization=None).shape
        torch.Size([8, 3, 32, 32])
    """
    if kind == "none":
        return images
    if alike is not None and alike.shape != images.shape[:1]:
        raise DataError(f"alike has the shape {list(alike.shape)}; give one number for each of {len(images)} images")
    own = torch.arange(len(images))
    groups, groups_B = (own, own) if alike is None else alike.cpu().unique(return_inverse=True)
    if kind == "crop_flip":
        return _crop_flip(images, len(groups), groups_B, generator, normalization)
    if kind == "affine":
        return _affine(images, len(groups), groups_B, generator)
    raise UnknownNameError("augmentation", kind, get_args(Augmentation))


def _crop_flip(
    images_BCHW: Tensor, count: int, groups_B: Tensor, generator: Generator, normalization: Normalization | None
) -> Tensor:
    batch, channels, height, width = images_BCHW.shape
    device = images_BCHW.device
    # All randomness is drawn on the CPU and sent over without waiting, so the GPU never holds the host up.
    shifts = torch.randint(2 * _PADDING + 1, (2, count, 1), generator=generator, device="cpu")[:, groups_B]
    mirrored = torch.rand((count, 1), generator=generator, device="cpu")[groups_B] < 0.5
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


def _affine(images_BCHW: Tensor, count: int, groups_B: Tensor, generator: Generator) -> Tensor:
    drawn = 2 * torch.rand(5, count, generator=generator, device="cpu")[:, groups_B] - 1
    turn = _TURN * drawn[0]
    across, down = 1 + _STRETCH * drawn[1:3]
    right, below = 2 * _SHIFT * drawn[3:5]  # to grid_sample, a side has the length 2
    rows = [
        torch.stack([across * turn.cos(), -across * turn.sin(), right], dim=1),
        torch.stack([down * turn.sin(), down * turn.cos(), below], dim=1),
    ]
    maps_B23 = torch.stack(rows, dim=1).to(images_BCHW, non_blocking=True)
    grid_BHW2 = F.affine_grid(maps_B23, list(images_BCHW.shape), align_corners=False)
    return F.grid_sample(images_BCHW, grid_BHW2, padding_mode="border", align_corners=False)
