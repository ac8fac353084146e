"""Small residual networks, as for CIFAR-10: a stem and three stages of basic blocks, of random width.

Source: He et al., "Deep residual learning for image recognition" (2016), section 4.2, with its shortcuts A, which have
no parameters.
"""

import torch.nn.functional as F
from torch import Generator, Tensor, nn

from gtn_core.seeding import seeded_by
from gtn_core.typing import ImageShape
from gtn_learners._initial_values import draw_kaiming_normal
from gtn_learners._sizes import check_sizes, draw_widths

WIDTH = (8, 16)
STAGES = 3


class BasicBlock(nn.Module):
    """Two 3x3 convolutions with batch norm beside a shortcut, and a ReLU after their sum.

    Args:
        inputs: channels in.
        outputs: channels out, no fewer; the shortcut leaves the new ones at zero.
        stride: of the first convolution and of the shortcut, which passes every `stride`-th pixel.
    """

    def __init__(self, inputs: int, outputs: int, stride: int = 1) -> None:
        super().__init__()
        self.stride = stride
        self.new_channels = outputs - inputs
        self.layers = nn.Sequential(
            *_normed_convolution(inputs, outputs, stride), nn.ReLU(), *_normed_convolution(outputs, outputs)
        )

    def forward(self, inputs: Tensor) -> Tensor:
        """Map `[B, inputs, H, W]` to `[B, outputs, H / stride, W / stride]`, sides rounded up."""
        shortcut = F.pad(inputs[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, 0, self.new_channels))
        return F.relu(self.layers(inputs) + shortcut)


class ResNet(nn.Sequential):
    """A 3x3 convolution; stages of basic blocks, each twice as wide on half the side; global average pooling; logits.

    With n blocks a stage it is the paper's ResNet of 6n + 2 layers.

    Args:
        image_shape: channels, height and width; any sides from 1 on.
        classes: number of logits.
        width: channels of the first stage.
        blocks: in each of the three stages.

    Raises:
        LearnerError: a size below 1.

    Example:
        >>> resnet_20 = ResNet((3, 32, 32), classes=10, width=16, blocks=3)
        >>> sum(parameter.numel() for parameter in resnet_20.parameters())
        269722
    """

    def __init__(self, image_shape: ImageShape, classes: int, width: int = 16, blocks: int = 1) -> None:
        check_sizes(image_shape, classes, width, blocks)
        super().__init__(
            *_normed_convolution(image_shape[0], width),
            nn.ReLU(),
            *(block for stage in range(STAGES) for block in _stage(width << stage, blocks, first=stage == 0)),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(width << STAGES - 1, classes),
        )
        draw_kaiming_normal(self)


def resnet_small(image_shape: ImageShape, classes: int, generator: Generator) -> nn.Module:
    """Draw a ResNet-8 of 8-16 channels in its first stage, twice and four times as many in the others.

    Example:
        >>> import torch
        >>> learner = resnet_small((3, 32, 32), 10, torch.Generator().manual_seed(0))
        >>> learner(torch.zeros(2, 3, 32, 32)).shape
        torch.Size([2, 10])
    """
    (width,) = draw_widths(generator, WIDTH)
    with seeded_by(generator):
        return ResNet(image_shape, classes, width)


def _stage(width: int, blocks: int, *, first: bool) -> list[BasicBlock]:
    start = BasicBlock(width, width) if first else BasicBlock(width // 2, width, stride=2)
    return [start, *(BasicBlock(width, width) for _ in range(blocks - 1))]


def _normed_convolution(inputs: int, outputs: int, stride: int = 1) -> tuple[nn.Module, ...]:
    convolution = nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False)
    return convolution, nn.BatchNorm2d(outputs)
