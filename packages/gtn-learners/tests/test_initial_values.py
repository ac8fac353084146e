"""Kaiming-normal initial values."""

import pytest
import torch
from torch import nn

from gtn_core.seeding import seeded
from gtn_learners._initial_values import draw_kaiming_normal


@pytest.mark.parametrize("layer", [nn.Linear(90, 400), nn.Conv2d(10, 400, 3)], ids=["linear", "convolution"])
def test_the_variance_is_two_over_the_inputs_of_a_unit(layer):
    with seeded(0):
        draw_kaiming_normal(nn.Sequential(layer))
    assert layer.weight.var().item() == pytest.approx(2 / 90, rel=0.03)
    assert layer.weight.abs().max() > 3.5 * (2 / 90) ** 0.5  # a normal has tails, a uniform has not


def test_biases_and_norms_stay():
    network = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4))
    before = {name: parameter.clone() for name, parameter in network.named_parameters()}
    draw_kaiming_normal(network)
    changed = [name for name, parameter in network.named_parameters() if not torch.equal(parameter, before[name])]
    assert changed == ["0.weight"]
