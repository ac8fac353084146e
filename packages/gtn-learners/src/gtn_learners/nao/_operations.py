"""The eleven operations of the NAO search space, the change of a map's size, and drop-path.

Source: Luo et al., "Neural architecture optimization" (2018); Such et al. (2020), appendix C. The factorised reduction
is that of Pham et al., "Efficient neural architecture search" (2018); drop-path is that of Larsson et al., "FractalNet"
(2017), as Zoph et al. (2018) schedule it.
"""

from collections.abc import Callable
from functools import partial
from math import inf

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gtn_learners._variants import Variant


class FactorisedReduction(nn.Module):
    """Halve the sides, rounding up: half of the channels from every second pixel, half from the pixels beside those.

    Two 1x1 convolutions of stride 2, the second on maps moved by one pixel, and one batch norm. A side of one pixel is
    not moved, for nothing of it would be left.

    Args:
        inputs: channels in.
        outputs: channels out, at least 2.
        variant: what convolutions are.
    """

    def __init__(self, inputs: int, outputs: int, variant: Variant) -> None:
        super().__init__()
        self.first = variant.convolution(inputs, outputs // 2, (1, 1), stride=(2, 2))
        self.second = variant.convolution(inputs, outputs - outputs // 2, (1, 1), stride=(2, 2))
        self.norm = nn.BatchNorm2d(outputs)

    def forward(self, inputs: Tensor) -> Tensor:
        """Map `[B, inputs, H, W]` to `[B, outputs, H / 2, W / 2]`."""
        down, right = (int(side > 1) for side in inputs.shape[2:])
        moved = F.pad(inputs, (0, right, 0, down))[:, :, down:, right:]
        maps: Tensor = self.norm(torch.cat([self.first(inputs), self.second(moved)], dim=1))
        return maps


class DropPath(nn.Module):
    """While training, leave out an operation's whole output, for each example by itself.

    What stays is scaled up, so that the expectation does not change. Draws from torch's global generator, like dropout.

    Attributes:
        probability: of leaving out; may change from step to step.
    """

    probability = 0.0

    def forward(self, inputs: Tensor) -> Tensor:
        """Return maps of the shape of the inputs."""
        if not self.training or not self.probability:
            return inputs
        return inputs * F.dropout(inputs.new_ones(len(inputs), 1, 1, 1), self.probability)


def build_operation(name: str, channels: int, stride: int, variant: Variant) -> nn.Module:
    """Return an operation on maps of `channels` channels; a stride of 2 halves their sides, rounding up.

    Args:
        name: one of `OPERATIONS`.
        channels: in and out.
        stride: 1 or 2.
        variant: what convolutions and activations are.
    """
    return _BUILDERS[name](channels, stride, variant)


def _identity(channels: int, stride: int, variant: Variant) -> nn.Module:
    return nn.Identity() if stride == 1 else FactorisedReduction(channels, channels, variant)


def _convolution(side: int, channels: int, stride: int, variant: Variant) -> nn.Module:
    return variant.activated_convolution(channels, channels, (side, side), (stride, stride))


def _factored_convolution(length: int, channels: int, stride: int, variant: Variant) -> nn.Module:
    return nn.Sequential(
        variant.activated_convolution(channels, channels, (1, length), (1, stride)),
        variant.activated_convolution(channels, channels, (length, 1), (stride, 1)),
    )


def _max_pool(side: int, channels: int, stride: int, variant: Variant) -> nn.Module:
    if side % 2:
        return nn.MaxPool2d(side, stride, padding=side // 2)
    # As where torch pads: what is beyond the edge is never the largest.
    return nn.Sequential(nn.ConstantPad2d((0, 1, 0, 1), -inf), nn.MaxPool2d(side, stride))


def _average_pool(side: int, channels: int, stride: int, variant: Variant) -> nn.Module:
    if side % 2:
        return nn.AvgPool2d(side, stride, padding=side // 2)
    return nn.Sequential(nn.ZeroPad2d((0, 1, 0, 1)), nn.AvgPool2d(side, stride))


_BUILDERS: dict[str, Callable[[int, int, Variant], nn.Module]] = {
    "identity": _identity,
    "conv_1x1": partial(_convolution, 1),
    "conv_3x3": partial(_convolution, 3),
    "conv_1x3_3x1": partial(_factored_convolution, 3),
    "conv_1x7_7x1": partial(_factored_convolution, 7),
    "max_pool_2x2": partial(_max_pool, 2),
    "max_pool_3x3": partial(_max_pool, 3),
    "max_pool_5x5": partial(_max_pool, 5),
    "avg_pool_2x2": partial(_average_pool, 2),
    "avg_pool_3x3": partial(_average_pool, 3),
    "avg_pool_5x5": partial(_average_pool, 5),
}
