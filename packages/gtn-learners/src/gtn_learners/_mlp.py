"""A multilayer perceptron: two hidden layers, like the fully connected learner of the authors' code.

Weight-normalised, mean-only batch norm, LeakyReLU 0.1, as in the paper's convolutional learners.
"""

from collections.abc import Sequence
from itertools import pairwise

from torch import Generator, nn

from gtn_core.layers import linear_block, weight_normalised
from gtn_core.seeding import seeded_by
from gtn_core.typing import ImageShape
from gtn_learners._sizes import check_sizes, draw_widths

HIDDEN = ((128, 256), (64, 128))


class MLP(nn.Sequential):
    """Fully connected layers on the flattened image, each but the last with norm and LeakyReLU.

    Args:
        image_shape: channels, height and width; any sides from 1 on.
        classes: number of logits.
        hidden: width of each hidden layer.

    Raises:
        LearnerError: a size below 1.

    Example:
        >>> learner = MLP((1, 28, 28), classes=10)
        >>> sum(parameter.numel() for parameter in learner.parameters())
        235540
    """

    def __init__(self, image_shape: ImageShape, classes: int, hidden: Sequence[int] = (256, 128)) -> None:
        check_sizes(image_shape, classes, *hidden)
        depth, height, width = image_shape
        widths = (depth * height * width, *hidden)
        super().__init__(
            nn.Flatten(),
            *(linear_block(inputs, outputs) for inputs, outputs in pairwise(widths)),
            weight_normalised(nn.Linear(widths[-1], classes)),
        )


def mlp(image_shape: ImageShape, classes: int, generator: Generator) -> nn.Module:
    """Draw a multilayer perceptron: 128-256 and 64-128 hidden units.

    Example:
        >>> import torch
        >>> learner = mlp((1, 28, 28), 10, torch.Generator().manual_seed(0))
        >>> learner(torch.zeros(2, 1, 28, 28)).shape
        torch.Size([2, 10])
    """
    hidden = draw_widths(generator, *HIDDEN)
    with seeded_by(generator):
        return MLP(image_shape, classes, hidden)
