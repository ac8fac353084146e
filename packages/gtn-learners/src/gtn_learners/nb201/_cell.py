"""The cell of NAS-Bench-201 and the block between its stages.

Source: Dong and Yang (2020), section 2.1 and figure 1; the block is that of He et al. (2016), activations first.
"""

from collections.abc import Callable
from functools import reduce

import torch
from torch import Tensor, nn

from gtn_learners._variants import Variant
from gtn_learners.nb201._genotype import EDGES, NODES, NONE, Genotype

BUILDERS: dict[str, Callable[[int, Variant], nn.Module]] = {
    "skip_connect": lambda channels, variant: nn.Identity(),
    "nor_conv_1x1": lambda channels, variant: variant.activated_convolution(channels, channels, (1, 1)),
    "nor_conv_3x3": lambda channels, variant: variant.activated_convolution(channels, channels, (3, 3)),
    "avg_pool_3x3": lambda channels, variant: nn.AvgPool2d(3, stride=1, padding=1, count_include_pad=False),
}


class Cell(nn.Module):
    """Four nodes, each the sum of what the operations on its edges make of the nodes before it.

    Args:
        genotype: which operation each edge has.
        channels: of all maps.
        variant: what convolutions and activations are.
    """

    def __init__(self, genotype: Genotype, channels: int, variant: Variant) -> None:
        super().__init__()
        edges = zip(EDGES, genotype.operations, strict=True)
        self.operations = nn.ModuleDict(
            {_name(*edge): BUILDERS[operation](channels, variant) for edge, operation in edges if operation != NONE}
        )

    def forward(self, inputs: Tensor) -> Tensor:
        """Return maps of the shape of the inputs."""
        nodes = [inputs]
        for target in range(1, NODES):
            names = [(source, _name(source, target)) for source in range(target)]
            terms = [self.operations[name](nodes[source]) for source, name in names if name in self.operations]
            nodes.append(reduce(torch.add, terms) if terms else torch.zeros_like(inputs))
        return nodes[-1]


class ReductionBlock(nn.Module):
    """A residual block that halves the sides, rounding up: two 3x3 convolutions beside a pooled shortcut.

    Args:
        inputs: channels in.
        outputs: channels out.
        variant: what convolutions and activations are.
    """

    def __init__(self, inputs: int, outputs: int, variant: Variant) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            variant.activated_convolution(inputs, outputs, (3, 3), stride=(2, 2)),
            variant.activated_convolution(outputs, outputs, (3, 3)),
        )
        self.shortcut = nn.Sequential(nn.AvgPool2d(2, ceil_mode=True), variant.convolution(inputs, outputs, (1, 1)))

    def forward(self, inputs: Tensor) -> Tensor:
        """Map `[B, inputs, H, W]` to `[B, outputs, H / 2, W / 2]`."""
        maps: Tensor = self.layers(inputs) + self.shortcut(inputs)
        return maps


def _name(source: int, target: int) -> str:
    return f"{source}_to_{target}"
