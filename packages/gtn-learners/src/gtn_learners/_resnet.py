"""Small residual networks for small images, with batch norm and shortcuts that have no parameters.

Source: He et al., "Deep residual learning for image recognition" (2016), section 4.2, shortcuts of option A.
"""

from collections.abc import Sequence
from itertools import pairwise

import torch.nn.functional as F
from torch import Generator, Tensor, nn

from gtn_core.seeding import seeded_by
from gtn_core.typing import ImageShape
from gtn_learners._sizes import check_sizes, draw_widths

WIDTH = (8, 16)


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions with batch norm beside a shortcut, which skips pixels and adds empty channels.

    Args:
        inputs: channels in.
        outputs: channels out, at least as many.
        stride: of the first convolution and the shortcut.

    Example:
        >>> import torch
        >>> ResidualBlock(4, 8, stride=2)(torch.zeros(2, 4, 7, 7)).shape
        torch.Size([2, 8, 4, 4])
    """

    def __init__(self, inputs: int, outputs: int, stride: int = 1) -> None:
        super().__init__()
        self._added_channels, self._stride = outputs - inputs, stride
        self.residual = nn.Sequential(
            nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(),
            nn.Conv2d(outputs, outputs, 3, padding=1, bias=False),
            nn.BatchNorm2d(outputs),
        )

    def forward(self, inputs: Tensor) -> Tensor:
        """Return maps `[B, outputs, H / stride, W / stride]`, rounded up."""
        shortcut = inputs[:, :, :: self._stride, :: self._stride]
        before = self._added_channels // 2
        shortcut = F.pad(shortcut, (0, 0, 0, 0, before, self._added_channels - before))
        return F.relu(self.residual(inputs) + shortcut)


class ResNet(nn.Sequential):
    """One convolution, stages of residual blocks that each but the first halve the sides, global pooling, logits.

    Args:
        image_shape: channels, height and width; any sides from 1 on.
        classes: number of logits.
        channels: of each stage, not falling.
        blocks: residual blocks a stage.

    Raises:
        LearnerError: a size below 1.

    Example:
        >>> resnet_20 = ResNet((3, 32, 32), classes=10, channels=(16, 32, 64), blocks=3)
        >>> sum(parameter.numel() for parameter in resnet_20.parameters())
        269722
    """

    def __init__(
        self, image_shape: ImageShape, classes: int, channels: Sequence[int] = (16, 32, 64), blocks: int = 1
    ) -> None:
        check_sizes(image_shape, classes, *channels, blocks)
        first = channels[0]
        super().__init__(
            *(nn.Conv2d(image_shape[0], first, 3, padding=1, bias=False), nn.BatchNorm2d(first), nn.ReLU()),
            *_stage(first, first, blocks, stride=1),
            *(block for inputs, outputs in pairwise(channels) for block in _stage(inputs, outputs, blocks, stride=2)),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(channels[-1], classes),
        )


def resnet_small(image_shape: ImageShape, classes: int, generator: Generator) -> nn.Module:
    """Draw a residual network of three stages with one block each: 8-16 channels in the first, then twice as many.

    Example:
        >>> import torch
        >>> learner = resnet_small((3, 32, 32), 10, torch.Generator().manual_seed(0))
        >>> learner(torch.zeros(2, 3, 32, 32)).shape
        torch.Size([2, 10])
    """
    (width,) = draw_widths(generator, WIDTH)
    with seeded_by(generator):
        return ResNet(image_shape, classes, (width, 2 * width, 4 * width))


def _stage(inputs: int, outputs: int, blocks: int, stride: int) -> list[ResidualBlock]:
    return [ResidualBlock(inputs, outputs, stride), *(ResidualBlock(outputs, outputs) for _ in range(blocks - 1))]
