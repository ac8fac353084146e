"""The gradient's norm against one taken by hand."""

from math import sqrt

import pytest
import torch
from torch import nn
from torch.nn.utils.parametrizations import weight_norm

from gtn_core.typing import Batch
from gtn_nas.zero_cost import grad_norm


def test_a_linear_layer_by_hand():
    network = nn.Sequential(nn.Flatten(), nn.Linear(2, 2, bias=False))
    nn.init.zeros_(network[1].weight)
    batch = Batch(torch.tensor([[[[3.0, 4.0]]]]), torch.tensor([0]))
    # With equal logits the gradient of the logits is (-1/2, 1/2), that of the weights its outer product with (3, 4).
    assert grad_norm(network, batch) == pytest.approx(5 * sqrt(0.5))


def test_layers_add_their_norms():
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.Flatten(), nn.Linear(2 * 36, 10))
    batch = Batch(torch.randn(4, 1, 8, 8), torch.arange(4))
    nn.functional.cross_entropy(network(batch.images), batch.labels).backward()
    expected = sum(network[place].weight.grad.norm().item() for place in (0, 3))
    assert grad_norm(network, batch) == pytest.approx(expected, rel=1e-5)


def test_weight_norm_changes_nothing():
    torch.manual_seed(0)
    plain = nn.Sequential(nn.Flatten(), nn.Linear(4, 3))
    normalised = nn.Sequential(nn.Flatten(), weight_norm(nn.Linear(4, 3)))
    with torch.no_grad():
        plain[1].weight.copy_(normalised[1].weight)
        plain[1].bias.copy_(normalised[1].bias)
    batch = Batch(torch.randn(4, 1, 2, 2), torch.tensor([0, 1, 2, 0]))
    assert grad_norm(normalised, batch) == pytest.approx(grad_norm(plain, batch), rel=1e-5)
