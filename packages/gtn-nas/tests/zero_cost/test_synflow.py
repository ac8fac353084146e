"""Synaptic flow of linear networks by hand, and its conservation law."""

import pytest
import torch
from torch import nn

from gtn_core.typing import Batch
from gtn_nas.zero_cost import synflow


def batch_of(*shape):
    return Batch(torch.randn(2, *shape), torch.zeros(2, dtype=torch.int64))


def test_a_linear_network_by_hand():
    network = nn.Sequential(nn.Flatten(), nn.Linear(2, 2, bias=False), nn.Linear(2, 1, bias=False))
    with torch.no_grad():
        network[1].weight.copy_(torch.tensor([[1.0, -2.0], [3.0, 4.0]]))
        network[2].weight.copy_(torch.tensor([[-5.0, 6.0]]))
    # R = 5 (1 + 2) + 6 (3 + 4) = 57; R is linear in each layer's weights, so each layer's share is R.
    assert synflow(network, batch_of(1, 1, 2)) == pytest.approx(2 * 57)


def test_every_layer_of_a_fresh_network_without_biases_has_the_same_share():
    torch.manual_seed(0)
    layers = [nn.Conv2d(1, 3, 3, bias=False), nn.BatchNorm2d(3, eps=0.0), nn.ReLU(), nn.Conv2d(3, 2, 3, bias=False)]
    network = nn.Sequential(*layers, nn.Flatten(), nn.Linear(2 * 16, 4, bias=False))
    found = synflow(network, batch_of(1, 8, 8))
    flow = network(torch.ones(1, 1, 8, 8, dtype=torch.float64)).sum().item()
    assert found == pytest.approx(3 * flow)


def test_data_do_not_matter():
    torch.manual_seed(0)
    network = nn.Sequential(nn.Flatten(), nn.Linear(4, 3))
    assert synflow(network, batch_of(1, 2, 2)) == synflow(network, batch_of(1, 2, 2))
