"""Convolutional learners of random depth that end in global average pooling and a linear layer.

Global average pooling: Lin, Chen and Yan, "Network in network" (2014), section 3.2; strides in place of pooling:
Springenberg et al., "Striving for simplicity" (2015).
"""

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Generator, nn

from gtn_core.seeding import seeded_by
from gtn_core.typing import ImageShape
from gtn_learners._sizes import check_sizes, draw_widths

CHANNELS = ((8, 16), (16, 32), (32, 64), (32, 64))
FEWEST_BLOCKS = 3


class GlobalPoolingConvNet(nn.Sequential):
    """3x3 convolutions with batch norm and ReLU, all but the first strided; global average pooling; logits.

    The number of parameters does not depend on the sides of the images.

    Args:
        image_shape: channels, height and width; any sides from 1 on.
        classes: number of logits.
        channels: one number for each convolution.

    Raises:
        LearnerError: a size below 1.

    Example:
        >>> learner = GlobalPoolingConvNet((1, 28, 28), classes=10, channels=(16, 32, 64))
        >>> sum(parameter.numel() for parameter in learner.parameters())
        24058
    """

    def __init__(self, image_shape: ImageShape, classes: int, channels: Sequence[int]) -> None:
        check_sizes(image_shape, classes, *channels)
        depths = (image_shape[0], *channels)
        super().__init__(
            *(_block(*sizes, stride=2 if index else 1) for index, sizes in enumerate(pairwise(depths))),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(depths[-1], classes),
        )


def global_pooling_convnet(image_shape: ImageShape, classes: int, generator: Generator) -> nn.Module:
    """Draw a learner of three or four convolutions: 8-16, 16-32, 32-64 and, of four, 32-64 channels.

    Example:
        >>> import torch
        >>> learner = global_pooling_convnet((3, 32, 32), 10, torch.Generator().manual_seed(0))
        >>> learner(torch.zeros(2, 3, 32, 32)).shape
        torch.Size([2, 10])
    """
    blocks = int(torch.randint(FEWEST_BLOCKS, len(CHANNELS) + 1, (), generator=generator))
    channels = draw_widths(generator, *CHANNELS[:blocks])
    with seeded_by(generator):
        return GlobalPoolingConvNet(image_shape, classes, channels)


def _block(inputs: int, outputs: int, *, stride: int) -> nn.Sequential:
    convolution = nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(outputs), nn.ReLU())
