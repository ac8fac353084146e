"""ConvNet, the standard network of dataset distillation: blocks of convolution, instance norm, ReLU, average pooling.

Source: Gidaris and Komodakis (2018); Zhao et al., "Dataset condensation with gradient matching" (2021), section 4.1,
where three blocks of 128 channels make "ConvNet-3". The instance norm is a group norm with a group for each channel, as
in the code of that literature.
"""

from collections.abc import Sequence
from itertools import pairwise

from torch import Generator, nn

from gtn_core.errors import LearnerError
from gtn_core.seeding import seeded_by
from gtn_core.typing import ImageShape
from gtn_learners._sizes import check_sizes, draw_widths, halved

CHANNELS = ((16, 32), (32, 64), (32, 64))


class ConvNet(nn.Sequential):
    """Blocks of 3x3 convolution, instance norm, ReLU and average pooling, then one linear layer.

    Args:
        image_shape: channels, height and width; the last block must still see more than one pixel.
        classes: number of logits.
        channels: one number for each block.

    Raises:
        LearnerError: a size below 1, or images too small: the norm of a single pixel is zero whatever the pixel.

    Example:
        >>> learner = ConvNet((3, 32, 32), classes=10)
        >>> sum(parameter.numel() for parameter in learner.parameters())
        320010
    """

    def __init__(self, image_shape: ImageShape, classes: int, channels: Sequence[int] = (128, 128, 128)) -> None:
        check_sizes(image_shape, classes, *channels)
        depth, height, width = image_shape
        if halved(max(height, width), times=len(channels) - 1) < 2:
            raise LearnerError(
                f"images of {height} x {width} pixels leave the last of {len(channels)} blocks a single pixel, which "
                f"instance norm makes zero; a side of at least {2 ** (len(channels) - 1) + 1} is needed"
            )
        depths = (depth, *channels)
        features = depths[-1] * halved(height, times=len(channels)) * halved(width, times=len(channels))
        super().__init__(
            *(_block(inputs, outputs) for inputs, outputs in pairwise(depths)),
            nn.Flatten(),
            nn.Linear(features, classes),
        )


def convnet_3(image_shape: ImageShape, classes: int, generator: Generator) -> nn.Module:
    """Draw a ConvNet of three blocks: 16-32, 32-64 and 32-64 channels, narrower than the standard 128 to suit a CPU.

    Example:
        >>> import torch
        >>> learner = convnet_3((3, 32, 32), 10, torch.Generator().manual_seed(0))
        >>> learner(torch.zeros(2, 3, 32, 32)).shape
        torch.Size([2, 10])
    """
    channels = draw_widths(generator, *CHANNELS)
    with seeded_by(generator):
        return ConvNet(image_shape, classes, channels)


def _block(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, padding=1),
        nn.GroupNorm(outputs, outputs),
        nn.ReLU(),
        nn.AvgPool2d(2, ceil_mode=True),
    )
