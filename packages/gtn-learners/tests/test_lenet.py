"""LeNet."""

import pytest
import torch

from gtn_learners import LeNet, lenet


def test_has_the_parameters_of_lenet_5(parameter_count):
    assert parameter_count(LeNet((1, 28, 28), classes=10)) == 61_706


@pytest.mark.parametrize("side", [1, 2, 9, 10, 11, 12, 32])
def test_runs_on_any_side(side):
    network = LeNet((3, side, side + 3), classes=4)
    assert network(torch.zeros(2, 3, side, side + 3)).shape == (2, 4)


def test_draws_its_widths_over_a_factor_of_two(layer_widths):
    generator = torch.Generator().manual_seed(0)
    *drawn, _ = zip(*(layer_widths(lenet((1, 8, 8), 10, generator)) for _ in range(60)), strict=True)
    for widths, (low, high) in zip(drawn, [(4, 8), (12, 24), (80, 160), (60, 120)], strict=True):
        assert low <= min(widths) < 1.1 * low
        assert 0.9 * high < max(widths) <= high
