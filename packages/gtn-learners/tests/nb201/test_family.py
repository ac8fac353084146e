"""The family of small NAS-Bench-201 networks."""

import torch
from torch import nn

from gtn_learners import nb201_small
from gtn_learners.nb201._cell import Cell


def test_draws_connected_cells_without_unread_operations():
    generator = torch.Generator().manual_seed(0)
    shapes = set()
    for _ in range(150):
        first, *others = (layer for layer in nb201_small((1, 4, 4), 3, generator) if isinstance(layer, Cell))
        assert len(others) == 2
        assert first.operations
        shapes.add(tuple((name, type(operation)) for name, operation in first.operations.items()))
    assert len(shapes) > 50


def test_draws_its_channels_over_a_factor_of_two():
    generator = torch.Generator().manual_seed(0)
    drawn = {nb201_small((1, 4, 4), 3, generator)[0].out_channels for _ in range(60)}
    assert drawn == {4, 5, 6, 7, 8}


def test_is_the_variant_for_gtn():
    network = nb201_small((1, 4, 4), 3, torch.Generator().manual_seed(0))
    assert not any(isinstance(layer, nn.ReLU) for layer in network.modules())
    assert any(isinstance(layer, nn.LeakyReLU) for layer in network.modules())
