"""The family of small networks of the NAO search space."""

import torch
from torch import nn

from gtn_learners import nao_small


def test_draws_its_filters_over_a_factor_of_two():
    generator = torch.Generator().manual_seed(0)
    drawn = [nao_small((1, 4, 4), 3, generator) for _ in range(40)]
    assert {network.stem[0].out_channels for network in drawn} == {12, 15, 18, 21, 24}
    assert {len(network.cells) for network in drawn} == {5}
    assert len({tuple(network.cells[0].terms) for network in drawn}) == 40


def test_is_the_variant_for_gtn():
    network = nao_small((1, 4, 4), 3, torch.Generator().manual_seed(0))
    assert network.auxiliary is None
    assert not any(isinstance(layer, nn.ReLU) for layer in network.modules())
    assert any(isinstance(layer, nn.LeakyReLU) for layer in network.modules())
