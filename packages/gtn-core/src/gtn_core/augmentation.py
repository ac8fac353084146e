"""Augmentation of images by small affine maps, as dataset distillation has it for digits.

Shifts by up to a tenth of the side, stretches of either axis by up to a fifth, rotations by up to 30 degrees, each
image its own; nothing that turns one digit into another. Differentiable in the images, once.

Source: Zhao and Bilen, "Dataset condensation with differentiable siamese augmentation" (2021), section 3.2; theirs has
one map a batch.
"""

import math

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

SHIFT, STRETCH, ROTATION = 0.1, 0.2, math.radians(30)


def augmented(images: Tensor, generator: Generator) -> Tensor:
    """Return images `[N, C, H, W]`, each moved a little; what comes in repeats the edge.

    Args:
        images: on any device.
        generator: on the CPU; draws the maps.

    Example:
        >>> augmented(torch.rand(4, 1, 8, 8), torch.Generator().manual_seed(0)).shape
        torch.Size([4, 1, 8, 8])
    """
    drawn = 2 * torch.rand(5, len(images), generator=generator) - 1
    angles = ROTATION * drawn[0]
    across, down = 1 + STRETCH * drawn[1:3]
    right, below = 2 * SHIFT * drawn[3:5]  # a side has the length 2
    rows = [
        torch.stack([across * angles.cos(), -across * angles.sin(), right], dim=1),
        torch.stack([down * angles.sin(), down * angles.cos(), below], dim=1),
    ]
    maps = torch.stack(rows, dim=1).to(images)
    grid = F.affine_grid(maps, list(images.shape), align_corners=False)
    return F.grid_sample(images, grid, padding_mode="border", align_corners=False)
