"""A convolutional learner that ends in global average pooling, so that its linear layer sees no places.

Otherwise like the paper's learners: weight-normalised, mean-only batch norm, LeakyReLU 0.1.
"""

from collections.abc import Sequence
from itertools import pairwise

from torch import Generator, nn

from gtn_core.layers import convolution_block, weight_normalised
from gtn_core.seeding import seeded_by
from gtn_core.typing import ImageShape
from gtn_learners._sizes import check_sizes, draw_widths

CHANNELS = ((16, 32), (32, 64), (64, 128))


class GlobalPoolingConvNet(nn.Sequential):
    """3x3 convolutions, each but the first of stride 2, with norm and LeakyReLU; global average pooling; logits.

    Args:
        image_shape: channels, height and width; any sides from 1 on.
        classes: number of logits.
        channels: one number for each convolution.

    Raises:
        LearnerError: a size below 1.

    Example:
        >>> learner = GlobalPoolingConvNet((1, 28, 28), classes=10, channels=(16, 32, 64))
        >>> sum(parameter.numel() for parameter in learner.parameters())
        24068
    """

    def __init__(self, image_shape: ImageShape, classes: int, channels: Sequence[int]) -> None:
        check_sizes(image_shape, classes, *channels)
        depths = (image_shape[0], *channels)
        super().__init__(
            *(
                convolution_block(inputs, outputs, stride=1 if place == 0 else 2)
                for place, (inputs, outputs) in enumerate(pairwise(depths))
            ),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            weight_normalised(nn.Linear(depths[-1], classes)),
        )


def global_pooling_convnet(image_shape: ImageShape, classes: int, generator: Generator) -> nn.Module:
    """Draw a learner of three convolutions and global average pooling: 16-32, 32-64 and 64-128 channels.

    Example:
        >>> import torch
        >>> learner = global_pooling_convnet((1, 28, 28), 10, torch.Generator().manual_seed(0))
        >>> learner(torch.zeros(2, 1, 28, 28)).shape
        torch.Size([2, 10])
    """
    channels = draw_widths(generator, *CHANNELS)
    with seeded_by(generator):
        return GlobalPoolingConvNet(image_shape, classes, channels)
