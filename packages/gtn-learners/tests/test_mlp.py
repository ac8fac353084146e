"""The multilayer perceptron."""

import pytest
import torch

from gtn_learners import MLP, mlp


@pytest.mark.parametrize("hidden", [(), (5,), (256, 128), (4, 3, 2)], ids=str)
def test_has_a_layer_for_each_width(hidden, layer_widths):
    assert layer_widths(MLP((1, 8, 8), 10, hidden)) == [*hidden, 10]


def test_has_the_parameters_that_its_sizes_say(parameter_count):
    weights = 784 * 256 + 256 * 128 + 128 * 10
    magnitudes, norms, biases = 256 + 128 + 10, 256 + 128, 10
    assert parameter_count(MLP((1, 28, 28), classes=10)) == weights + magnitudes + norms + biases


def test_draws_its_widths_over_a_factor_of_two(layer_widths):
    generator = torch.Generator().manual_seed(0)
    *drawn, _ = zip(*(layer_widths(mlp((1, 2, 2), 10, generator)) for _ in range(60)), strict=True)
    for widths, (low, high) in zip(drawn, [(128, 256), (64, 128)], strict=True):
        assert low <= min(widths) < 1.1 * low
        assert 0.9 * high < max(widths) <= high
