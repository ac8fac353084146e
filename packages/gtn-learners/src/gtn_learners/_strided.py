"""Small convolutional learners, cheap enough for a CPU: strided convolutions instead of pooling, then a linear layer.

Otherwise like the paper's learners: weight-normalised, mean-only batch norm, LeakyReLU 0.1.
"""

from collections.abc import Sequence
from itertools import pairwise

from torch import Generator, nn

from gtn_core.layers import convolution_block, weight_normalised
from gtn_core.seeding import seeded_by
from gtn_core.typing import ImageShape
from gtn_learners._sizes import check_sizes, draw_widths, halved

MNIST_CHANNELS = ((16, 32), (32, 64))
CIFAR10_CHANNELS = ((16, 32), (32, 64), (32, 64))


class StridedLearner(nn.Sequential):
    """3x3 convolutions of stride 2, each with norm and LeakyReLU, and one linear layer.

    Args:
        image_shape: channels, height and width; any sides from 1 on.
        classes: number of logits.
        channels: one number for each convolution.

    Raises:
        LearnerError: a size below 1.

    Example:
        >>> learner = StridedLearner((1, 28, 28), classes=10, channels=(16, 32))
        >>> sum(parameter.numel() for parameter in learner.parameters())
        20548
    """

    def __init__(self, image_shape: ImageShape, classes: int, channels: Sequence[int]) -> None:
        check_sizes(image_shape, classes, *channels)
        depth, height, width = image_shape
        depths = (depth, *channels)
        features = depths[-1] * halved(height, times=len(channels)) * halved(width, times=len(channels))
        super().__init__(
            *(convolution_block(inputs, outputs, stride=2) for inputs, outputs in pairwise(depths)),
            nn.Flatten(),
            weight_normalised(nn.Linear(features, classes)),
        )


def mnist_small(image_shape: ImageShape, classes: int, generator: Generator) -> nn.Module:
    """Draw a learner of two strided convolutions: 16-32 and 32-64 channels.

    Example:
        >>> import torch
        >>> learner = mnist_small((1, 28, 28), 10, torch.Generator().manual_seed(0))
        >>> learner(torch.zeros(2, 1, 28, 28)).shape
        torch.Size([2, 10])
    """
    return _draw(image_shape, classes, generator, MNIST_CHANNELS)


def cifar10_small(image_shape: ImageShape, classes: int, generator: Generator) -> nn.Module:
    """Draw a learner of three strided convolutions: 16-32, 32-64 and 32-64 channels.

    Example:
        >>> import torch
        >>> learner = cifar10_small((3, 32, 32), 10, torch.Generator().manual_seed(0))
        >>> learner(torch.zeros(2, 3, 32, 32)).shape
        torch.Size([2, 10])
    """
    return _draw(image_shape, classes, generator, CIFAR10_CHANNELS)


def _draw(
    image_shape: ImageShape, classes: int, generator: Generator, ranges: Sequence[tuple[int, int]]
) -> StridedLearner:
    channels = draw_widths(generator, *ranges)
    with seeded_by(generator):
        return StridedLearner(image_shape, classes, channels)
