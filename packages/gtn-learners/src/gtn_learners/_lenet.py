"""LeNet-5 with today's layers: two pooled 5x5 convolutions and three fully connected layers, of random widths.

Source: LeCun et al., "Gradient-based learning applied to document recognition" (1998), section II.B. As in most code
since, the maps are connected in full, the pooling takes the largest pixel, the last layer is linear, and LeakyReLU
stands for tanh. There is no norm, so widths and rates that suit the other families may not suit this one.
"""

from itertools import pairwise

from torch import Generator, nn

from gtn_core.layers import SLOPE
from gtn_core.seeding import seeded_by
from gtn_core.typing import ImageShape
from gtn_learners._initial_values import draw_kaiming_normal
from gtn_learners._sizes import check_sizes, draw_widths, halved

CHANNELS = ((4, 8), (12, 24))
HIDDEN = ((80, 160), (60, 120))
KERNEL = 5
PADDING = 2
"""Keeps the side."""


class LeNet(nn.Sequential):
    """Convolution, LeakyReLU, max pooling; the same again; two hidden layers; logits.

    The first convolution is padded, which makes 28x28 images what 32x32 ones are to LeNet-5. The second is not, as
    there, unless its maps are smaller than its kernel. Poolings round up.

    Args:
        image_shape: channels, height and width; any sides from 1 on.
        classes: number of logits.
        channels: of the two convolutions.
        hidden: widths of the two hidden layers.

    Raises:
        LearnerError: a size below 1.

    Example:
        >>> learner = LeNet((1, 28, 28), classes=10)
        >>> sum(parameter.numel() for parameter in learner.parameters())
        61706
    """

    def __init__(
        self,
        image_shape: ImageShape,
        classes: int,
        channels: tuple[int, int] = (6, 16),
        hidden: tuple[int, int] = (120, 84),
    ) -> None:
        check_sizes(image_shape, classes, *channels, *hidden)
        depth, *image_sides = image_shape
        first, second = channels
        sides = [halved(side, times=1) for side in image_sides]
        height_padding, width_padding = (0 if side >= KERNEL else PADDING for side in sides)
        height, width = (halved(side - KERNEL + 1 if side >= KERNEL else side, times=1) for side in sides)
        widths = (second * height * width, *hidden)
        super().__init__(
            *_pooled_convolution(nn.Conv2d(depth, first, KERNEL, padding=PADDING)),
            *_pooled_convolution(nn.Conv2d(first, second, KERNEL, padding=(height_padding, width_padding))),
            nn.Flatten(),
            *(layer for sizes in pairwise(widths) for layer in (nn.Linear(*sizes), nn.LeakyReLU(SLOPE))),
            nn.Linear(widths[-1], classes),
        )
        draw_kaiming_normal(self)


def lenet(image_shape: ImageShape, classes: int, generator: Generator) -> nn.Module:
    """Draw a LeNet: 4-8 and 12-24 channels, 80-160 and 60-120 hidden units.

    Example:
        >>> import torch
        >>> learner = lenet((1, 28, 28), 10, torch.Generator().manual_seed(0))
        >>> learner(torch.zeros(2, 1, 28, 28)).shape
        torch.Size([2, 10])
    """
    first, second, third, fourth = draw_widths(generator, *CHANNELS, *HIDDEN)
    with seeded_by(generator):
        return LeNet(image_shape, classes, (first, second), (third, fourth))


def _pooled_convolution(convolution: nn.Conv2d) -> tuple[nn.Module, ...]:
    return convolution, nn.LeakyReLU(SLOPE), nn.MaxPool2d(2, ceil_mode=True)
