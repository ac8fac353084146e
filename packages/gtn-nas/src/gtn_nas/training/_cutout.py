"""Cutout: a square of every training image is blotted out, each time another one.

Source: DeVries and Taylor, "Improved regularization of convolutional neural networks with cutout" (2017). As there, the
square's centre may lie anywhere in the image, so that less of it may be cut out at the edge; what is cut out is 0 once
normalised.

Shape legend: B batch, C channels, H height, W width.
"""

import torch
from torch import Generator, Tensor


def cutout(images_BCHW: Tensor, share: float, generator: Generator) -> Tensor:
    """Return the images, each with a square of its own set to 0.

    Args:
        images_BCHW: normalised, on any device.
        share: side of the square, as a share of the image's shorter side; 0 returns the images as they are.
        generator: a CPU generator, also for images on a GPU.

    Example:
        >>> cutout(torch.ones(1, 1, 3, 4), 0.67, torch.Generator().manual_seed(1))
        tensor([[[[1., 1., 0., 0.],
                  [1., 1., 0., 0.],
                  [1., 1., 1., 1.]]]])
    """
    batch, _, height, width = images_BCHW.shape
    side = round(share * min(height, width))
    if not side:
        return images_BCHW
    rows_BH, columns_BW = (_covered(batch, length, side, generator) for length in (height, width))
    kept_BHW = ~(rows_BH.unsqueeze(2) & columns_BW.unsqueeze(1))
    return images_BCHW * kept_BHW.unsqueeze(1).to(images_BCHW.device, images_BCHW.dtype, non_blocking=True)


def _covered(batch: int, length: int, side: int, generator: Generator) -> Tensor:
    """Return `[B, length]`: the places along one axis that lie within the square."""
    first_B1 = torch.randint(length, (batch, 1), generator=generator) - side // 2
    places = torch.arange(length)
    return (places >= first_B1) & (places < first_B1 + side)
