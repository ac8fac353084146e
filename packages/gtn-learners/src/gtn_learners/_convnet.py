"""ConvNet-3, the learner of the literature on dataset distillation: three blocks with instance norm, of random width.

Source: Zhao, Mopuri and Bilen, "Dataset condensation with gradient matching" (2021), section 4; after Gidaris and
Komodakis (2018).
"""

from itertools import pairwise

from torch import Generator, nn

from gtn_core.seeding import seeded_by
from gtn_core.typing import ImageShape
from gtn_learners._sizes import check_sizes, draw_widths, halved

WIDTH, SMALL_WIDTH = (32, 64), (12, 24)
"""The literature's 128 takes a CPU several times as long; the small ones are for where thousands are drawn."""


class ConvNet(nn.Sequential):
    """Blocks of 3x3 convolution, instance norm, ReLU and 2x2 average pooling; a linear layer.

    Poolings round up, which gives 28x28 images the 4x4 maps that the literature's code gets by padding them to 32x32.
    On a map of one pixel instance norm would leave nothing of the image, so blocks that meet such maps have none; with
    three blocks that is so for images of up to 4x4.

    Args:
        image_shape: channels, height and width; any sides from 1 on.
        classes: number of logits.
        width: channels of every convolution.
        depth: number of blocks.
        bias: whether convolutions have a bias of their own. The norm cancels it, so no gradient reaches it; it is here
            because the literature's networks include it.

    Raises:
        LearnerError: a size below 1.

    Example:
        >>> learner = ConvNet((3, 32, 32), classes=10)
        >>> sum(parameter.numel() for parameter in learner.parameters())
        320010
    """

    def __init__(
        self, image_shape: ImageShape, classes: int, width: int = 128, depth: int = 3, *, bias: bool = True
    ) -> None:
        check_sizes(image_shape, classes, width, depth)
        inputs, *sides = image_shape
        pixels = [halved(sides[0], times) * halved(sides[1], times) for times in range(depth + 1)]
        blocks = zip(pairwise((inputs, *[width] * depth)), pixels[:-1], strict=True)
        super().__init__(
            *(_block(*channels, bias=bias, normalised=places > 1) for channels, places in blocks),
            nn.Flatten(),
            nn.Linear(width * pixels[-1], classes),
        )


def convnet_3(image_shape: ImageShape, classes: int, generator: Generator) -> nn.Module:
    """Draw a ConvNet-3 narrow enough for a CPU: 32-64 channels; no biases before norms.

    Example:
        >>> import torch
        >>> learner = convnet_3((3, 32, 32), 10, torch.Generator().manual_seed(0))
        >>> learner(torch.zeros(2, 3, 32, 32)).shape
        torch.Size([2, 10])
    """
    return _drawn(image_shape, classes, generator, WIDTH)


def convnet_3_small(image_shape: ImageShape, classes: int, generator: Generator) -> nn.Module:
    """Draw a ConvNet-3 of 12-24 channels, where thousands of them are wanted; no biases before norms.

    Example:
        >>> import torch
        >>> learner = convnet_3_small((1, 28, 28), 10, torch.Generator().manual_seed(0))
        >>> learner(torch.zeros(2, 1, 28, 28)).shape
        torch.Size([2, 10])
    """
    return _drawn(image_shape, classes, generator, SMALL_WIDTH)


def _drawn(image_shape: ImageShape, classes: int, generator: Generator, widths: tuple[int, int]) -> nn.Module:
    (width,) = draw_widths(generator, widths)
    with seeded_by(generator):
        return ConvNet(image_shape, classes, width, bias=False)


def _block(inputs: int, outputs: int, *, bias: bool, normalised: bool) -> nn.Sequential:
    # One group a channel is instance norm; torch differentiates it twice in half the time of nn.InstanceNorm2d.
    norm = [nn.GroupNorm(outputs, outputs)] if normalised else []
    convolution = nn.Conv2d(inputs, outputs, 3, padding=1, bias=bias)
    return nn.Sequential(convolution, *norm, nn.ReLU(), nn.AvgPool2d(2, ceil_mode=True))
