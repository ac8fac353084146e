"""The paper's MNIST learner: two pooled convolutions and two fully connected layers, of random widths.

Source: Such et al. (2020), section 3.1 and appendix A.1, read beside the authors' code.
"""

from torch import Generator, nn

from gtn_core.layers import convolution_block, linear_block, weight_normalised
from gtn_core.seeding import seeded_by
from gtn_core.typing import ImageShape
from gtn_learners._sizes import check_sizes, draw_widths, halved

CHANNELS = ((32, 128), (64, 256))
HIDDEN = (64, 256)


class MNISTLearner(nn.Sequential):
    """Convolution, pooling, norm, LeakyReLU; the same again; a hidden layer; logits.

    The hidden layer's own bias is cancelled by the norm after it, so the inner loop does not move it. It is here
    because the authors' learner, of 1,683,668 parameters on MNIST with these default widths, includes it.

    Args:
        image_shape: channels, height and width; any sides from 1 on.
        classes: number of logits.
        channels: of the two convolutions.
        hidden: width of the hidden layer.

    Raises:
        LearnerError: a size below 1.

    Example:
        >>> learner = MNISTLearner((1, 28, 28), classes=10)
        >>> sum(parameter.numel() for parameter in learner.parameters())
        1683668
    """

    def __init__(
        self, image_shape: ImageShape, classes: int, channels: tuple[int, int] = (64, 128), hidden: int = 256
    ) -> None:
        check_sizes(image_shape, classes, *channels, hidden)
        depth, height, width = image_shape
        first, second = channels
        features = second * halved(height, times=2) * halved(width, times=2)
        super().__init__(
            convolution_block(depth, first, pooling=nn.MaxPool2d(3, stride=2, padding=1)),
            convolution_block(first, second, pooling=nn.MaxPool2d(3, stride=2, padding=1)),
            nn.Flatten(),
            linear_block(features, hidden, bias=True),
            weight_normalised(nn.Linear(hidden, classes)),
        )


def mnist_paper(image_shape: ImageShape, classes: int, generator: Generator) -> nn.Module:
    """Draw the paper's MNIST learner: 32-128 and 64-256 channels, 64-256 hidden units (0.2 to 3.5 million parameters).

    Example:
        >>> import torch
        >>> learner = mnist_paper((1, 28, 28), 10, torch.Generator().manual_seed(0))
        >>> learner(torch.zeros(2, 1, 28, 28)).shape
        torch.Size([2, 10])
    """
    first, second, hidden = draw_widths(generator, *CHANNELS, HIDDEN)
    with seeded_by(generator):
        return MNISTLearner(image_shape, classes, (first, second), hidden)
