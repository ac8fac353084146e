"""The cells of the NAO search space.

Source: Luo et al., "Neural architecture optimization" (2018), section 4; what the papers leave open is as in
the networks that GTN evaluation was published with.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from gtn_learners._variants import Variant
from gtn_learners.nao._genotype import NODES, terms_of
from gtn_learners.nao._operations import DropPath, FactorisedReduction, build_operation

INPUTS = 2
"""States that come from other cells."""


class Maps(NamedTuple):
    """What a cell needs to know of maps before it sees them.

    Attributes:
        channels: their number.
        halvings: how often the image's sides have been halved.
    """

    channels: int
    halvings: int


class Cell(nn.Module):
    """Two inputs made equal, five nodes, and the concatenation of all states that no node reads.

    A reduction cell halves the sides: its operations on the cell's inputs have stride 2, those on nodes stride 1.

    Args:
        numbers: 20 of a genotype.
        older: the output of the cell before the last.
        newer: the output of the last cell, which may have been halved once more.
        channels: of every node.
        reduction: whether to halve the sides.
        variant: what convolutions and activations are.

    Attributes:
        output: what the cell returns.
        drop_path: on all operations but the identity.
    """

    def __init__(
        self, numbers: Sequence[int], older: Maps, newer: Maps, *, channels: int, reduction: bool, variant: Variant
    ) -> None:
        super().__init__()
        self.terms = terms_of(numbers)
        inputs = (older, newer)
        self.calibrations = nn.ModuleList(_calibration(maps, newer.halvings, channels, variant) for maps in inputs)
        self.operations = nn.ModuleList(
            build_operation(operation, channels, 2 if reduction and source < INPUTS else 1, variant)
            for source, operation in self.terms
        )
        self.drop_path = DropPath()
        read = {source for source, _ in self.terms}
        self.unread = [state for state in range(INPUTS + NODES) if state not in read]
        self.endings = nn.ModuleList(  # of what stays larger than the nodes
            FactorisedReduction(channels, channels, variant) if reduction and state < INPUTS else nn.Identity()
            for state in self.unread
        )
        self.output = Maps(len(self.unread) * channels, newer.halvings + reduction)

    def forward(self, older: Tensor, newer: Tensor) -> Tensor:
        """Return maps `[B, output.channels, H, W]`."""
        states = [calibrate(maps) for calibrate, maps in zip(self.calibrations, (older, newer), strict=True)]
        for first in range(0, len(self.terms), 2):
            states.append(self._term(first, states) + self._term(first + 1, states))
        unread = (states[state] for state in self.unread)
        return torch.cat([end(state) for end, state in zip(self.endings, unread, strict=True)], dim=1)

    def _term(self, index: int, states: Sequence[Tensor]) -> Tensor:
        source, operation = self.terms[index]
        maps: Tensor = self.operations[index](states[source])
        return maps if operation == "identity" else self.drop_path(maps)


def _calibration(maps: Maps, halvings: int, channels: int, variant: Variant) -> nn.Module:
    """Give maps this number of channels, and the one halving that they may lack."""
    if maps.halvings < halvings:
        return nn.Sequential(variant.activation(), FactorisedReduction(maps.channels, channels, variant))
    if maps.channels != channels:
        return variant.activated_convolution(maps.channels, channels, (1, 1))
    return nn.Identity()
