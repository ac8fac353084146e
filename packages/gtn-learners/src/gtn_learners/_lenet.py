"""LeNet-5 in its modern form: two 5x5 convolutions with ReLU and max pooling, three fully connected layers, no norm.

Source: LeCun et al., "Gradient-based learning applied to document recognition" (1998), section II.B.
"""

from torch import Generator, nn

from gtn_core.seeding import seeded_by
from gtn_core.typing import ImageShape
from gtn_learners._sizes import check_sizes, draw_widths, halved

CHANNELS = ((4, 8), (12, 24))
HIDDEN = ((80, 160), (60, 120))
KERNEL = 5


class LeNet(nn.Sequential):
    """Convolution, ReLU, pooling; the same again; two hidden layers; logits.

    The first convolution is padded, the second only where its maps would otherwise become too small to pool. Weights
    start at Xavier-uniform draws: without a norm, torch's smaller ones would hardly move in a few dozen steps.

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
        depth, *sides = image_shape
        sides = [halved(side, times=1) for side in sides]
        padding = 0 if min(sides) > KERNEL else KERNEL // 2
        height, width = (halved(side - KERNEL + 1 + 2 * padding, times=1) for side in sides)
        super().__init__(
            *_block(depth, channels[0], padding=KERNEL // 2),
            *_block(*channels, padding=padding),
            nn.Flatten(),
            *(nn.Linear(channels[1] * height * width, hidden[0]), nn.ReLU()),
            *(nn.Linear(*hidden), nn.ReLU()),
            nn.Linear(hidden[1], classes),
        )
        for layer in self:
            if isinstance(layer, nn.Conv2d | nn.Linear):
                nn.init.xavier_uniform_(layer.weight)


def lenet(image_shape: ImageShape, classes: int, generator: Generator) -> nn.Module:
    """Draw a LeNet: 4-8 and 12-24 channels, 80-160 and 60-120 hidden units.

    Example:
        >>> import torch
        >>> learner = lenet((1, 28, 28), 10, torch.Generator().manual_seed(0))
        >>> learner(torch.zeros(2, 1, 28, 28)).shape
        torch.Size([2, 10])
    """
    first, second, *hidden = draw_widths(generator, *CHANNELS, *HIDDEN)
    with seeded_by(generator):
        return LeNet(image_shape, classes, (first, second), (hidden[0], hidden[1]))


def _block(inputs: int, outputs: int, padding: int) -> tuple[nn.Module, ...]:
    convolution = nn.Conv2d(inputs, outputs, KERNEL, padding=padding)
    return convolution, nn.ReLU(), nn.MaxPool2d(2, ceil_mode=True)
