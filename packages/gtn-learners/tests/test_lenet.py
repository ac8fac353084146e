"""LeNet: LeNet-5's parameter count and function, written out."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from gtn_learners import LeNet, lenet


def test_has_the_parameters_of_lenet_5(parameter_count):
    convolutions = (1 * 25 + 1) * 6 + (6 * 25 + 1) * 16
    connected = (16 * 5 * 5 + 1) * 120 + (120 + 1) * 84 + (84 + 1) * 10
    assert convolutions + connected == 61_706
    assert parameter_count(LeNet((1, 28, 28), classes=10)) == 61_706


@pytest.mark.parametrize(
    ("sides", "padding", "pooled"),
    [((28, 32), 0, (5, 6)), ((8, 8), 2, (2, 2)), ((9, 10), 0, (1, 1)), ((1, 1), 2, (1, 1)), ((28, 7), (0, 2), (5, 2))],
    ids=str,
)
def test_pads_the_second_convolution_only_where_its_maps_are_smaller_than_its_kernel(sides, padding, pooled):
    learner = LeNet((2, *sides), 3)
    _, second = (layer for layer in learner if isinstance(layer, nn.Conv2d))
    assert second.padding == (padding if isinstance(padding, tuple) else (padding, padding))
    assert next(layer for layer in learner if isinstance(layer, nn.Linear)).in_features == 16 * pooled[0] * pooled[1]
    assert learner(torch.zeros(2, 2, *sides)).shape == (2, 3)


def test_computes_what_its_docstring_describes():
    learner = LeNet((2, 13, 12), 3, (4, 5), (6, 7)).double()
    images = torch.randn(7, 2, 13, 12, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    first, second, third, fourth, last = ((layer.weight, layer.bias) for layer in learner if hasattr(layer, "weight"))
    maps = F.max_pool2d(F.leaky_relu(F.conv2d(images, *first, padding=2), 0.1), 2, ceil_mode=True)
    maps = F.max_pool2d(F.leaky_relu(F.conv2d(maps, *second), 0.1), 2, ceil_mode=True)
    features = maps.flatten(1)
    for weight, bias in (third, fourth):
        features = F.leaky_relu(features @ weight.T + bias, 0.1)
    torch.testing.assert_close(learner(images), features @ last[0].T + last[1])


def test_draws_its_widths_over_a_factor_of_two(layer_widths):
    generator = torch.Generator().manual_seed(0)
    *drawn, _ = zip(*(layer_widths(lenet((1, 28, 28), 10, generator)) for _ in range(60)), strict=True)
    for widths, (low, high) in zip(drawn, [(4, 8), (12, 24), (80, 160), (60, 120)], strict=True):
        assert low <= min(widths) < 1.1 * low
        assert 0.9 * high < max(widths) <= high
