"""The paper's CIFAR-10 proxy learner: five convolutions, global average pooling and a linear layer, of random widths.

Source: Such et al. (2020), section 3.4 and appendix A.2, read beside the authors' code.
"""

from itertools import pairwise

from torch import Generator, nn

from gtn_core.layers import convolution_block, weight_normalised
from gtn_core.seeding import seeded_by
from gtn_core.typing import ImageShape
from gtn_learners._sizes import check_sizes, draw_widths

CHANNELS = ((32, 128), (64, 256), (64, 256))
STRIDES = (1, 2, 1, 2, 1)


class CIFAR10Learner(nn.Sequential):
    """Five convolutions with norm and LeakyReLU, the second and the fourth strided; global average pooling; logits.

    Args:
        image_shape: channels, height and width; any sides from 1 on.
        classes: number of logits.
        channels: of the first convolution, of the second and third, and of the fourth and fifth.

    Raises:
        LearnerError: a size below 1.

    Example:
        >>> learner = CIFAR10Learner((3, 32, 32), classes=10)
        >>> sum(parameter.numel() for parameter in learner.parameters())
        1111892
    """

    def __init__(self, image_shape: ImageShape, classes: int, channels: tuple[int, int, int] = (64, 128, 256)) -> None:
        check_sizes(image_shape, classes, *channels)
        first, second, third = channels
        convolutions = zip(pairwise((image_shape[0], first, second, second, third, third)), STRIDES, strict=True)
        super().__init__(
            *(convolution_block(inputs, outputs, stride=stride) for (inputs, outputs), stride in convolutions),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            weight_normalised(nn.Linear(third, classes)),
        )


def cifar10_paper(image_shape: ImageShape, classes: int, generator: Generator) -> nn.Module:
    """Draw the paper's CIFAR-10 proxy learner: 32-128, 64-256 and 64-256 channels.

    Example:
        >>> import torch
        >>> learner = cifar10_paper((3, 32, 32), 10, torch.Generator().manual_seed(0))
        >>> learner(torch.zeros(2, 3, 32, 32)).shape
        torch.Size([2, 10])
    """
    first, second, third = draw_widths(generator, *CHANNELS)
    with seeded_by(generator):
        return CIFAR10Learner(image_shape, classes, (first, second, third))
