"""Small networks like VGG: stacks of two 3x3 convolutions with batch norm, each stack pooled, of random widths.

Source: Simonyan and Zisserman, "Very deep convolutional networks for large-scale image recognition" (2015), section 2;
batch norm and a single fully connected layer are later custom for small images.
"""

from collections.abc import Sequence
from itertools import chain

from torch import Generator, nn

from gtn_core.seeding import seeded_by
from gtn_core.typing import ImageShape
from gtn_learners._sizes import check_sizes, draw_widths, halved

CHANNELS = ((6, 12), (12, 24), (24, 48))


class VGG(nn.Sequential):
    """Stacks of 3x3 convolutions with batch norm and ReLU, a 2x2 max pooling after each stack; a linear layer.

    Args:
        image_shape: channels, height and width; any sides from 1 on: poolings round up.
        classes: number of logits.
        stacks: the channels of each convolution of each stack.

    Raises:
        LearnerError: a size below 1.

    Example:
        >>> vgg_11 = VGG((3, 32, 32), 10, [[64], [128], [256, 256], [512, 512], [512, 512]])
        >>> sum(parameter.numel() for parameter in vgg_11.parameters())
        9228362
    """

    def __init__(self, image_shape: ImageShape, classes: int, stacks: Sequence[Sequence[int]]) -> None:
        check_sizes(image_shape, classes, *chain.from_iterable(stacks))
        depth, height, width = image_shape
        layers: list[nn.Module] = []
        for stack in stacks:
            for outputs in stack:
                layers += [nn.Conv2d(depth, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()]
                depth = outputs
            layers.append(nn.MaxPool2d(2, ceil_mode=True))
        features = depth * halved(height, times=len(stacks)) * halved(width, times=len(stacks))
        super().__init__(*layers, nn.Flatten(), nn.Linear(features, classes))


def vgg_small(image_shape: ImageShape, classes: int, generator: Generator) -> nn.Module:
    """Draw three stacks of two convolutions: 6-12, 12-24 and 24-48 channels.

    Example:
        >>> import torch
        >>> learner = vgg_small((3, 32, 32), 10, torch.Generator().manual_seed(0))
        >>> learner(torch.zeros(2, 3, 32, 32)).shape
        torch.Size([2, 10])
    """
    stacks = [(width, width) for width in draw_widths(generator, *CHANNELS)]
    with seeded_by(generator):
        return VGG(image_shape, classes, stacks)
