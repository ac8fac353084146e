"""VGG-like networks: stages of 3x3 convolutions with batch norm and ReLU, each ending in max pooling.

Source: Simonyan and Zisserman, "Very deep convolutional networks" (2015), with batch norm and a single linear layer, as
is usual for small images.
"""

from collections.abc import Sequence

from torch import Generator, nn

from gtn_core.seeding import seeded_by
from gtn_core.typing import ImageShape
from gtn_learners._sizes import check_sizes, draw_widths, halved

CHANNELS = ((8, 16), (8, 16), (16, 32), (16, 32))


class VGG(nn.Sequential):
    """Stages of convolutions and a pooling, then one linear layer.

    Args:
        image_shape: channels, height and width; any sides from 1 on.
        classes: number of logits.
        stages: the channels of each stage's convolutions.

    Raises:
        LearnerError: a size below 1.

    Example:
        >>> vgg_11 = VGG((3, 32, 32), classes=10, stages=((64,), (128,), (256, 256), (512, 512), (512, 512)))
        >>> sum(parameter.numel() for parameter in vgg_11.parameters())
        9231114
    """

    def __init__(self, image_shape: ImageShape, classes: int, stages: Sequence[Sequence[int]]) -> None:
        check_sizes(image_shape, classes, *(channels for stage in stages for channels in stage))
        depth, height, width = image_shape
        layers: list[nn.Module] = []
        for stage in stages:
            for channels in stage:
                layers += [nn.Conv2d(depth, channels, 3, padding=1), nn.BatchNorm2d(channels), nn.ReLU()]
                depth = channels
            layers.append(nn.MaxPool2d(2, ceil_mode=True))
        features = depth * halved(height, times=len(stages)) * halved(width, times=len(stages))
        super().__init__(*layers, nn.Flatten(), nn.Linear(features, classes))


def vgg_small(image_shape: ImageShape, classes: int, generator: Generator) -> nn.Module:
    """Draw a VGG of two stages with two convolutions each: 8-16 channels in the first, 16-32 in the second.

    Example:
        >>> import torch
        >>> learner = vgg_small((1, 28, 28), 10, torch.Generator().manual_seed(0))
        >>> learner(torch.zeros(2, 1, 28, 28)).shape
        torch.Size([2, 10])
    """
    channels = draw_widths(generator, *CHANNELS)
    with seeded_by(generator):
        return VGG(image_shape, classes, (channels[:2], channels[2:]))
