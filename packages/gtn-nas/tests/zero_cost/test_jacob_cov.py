"""The spread of Jacobians by hand."""

from math import isnan, log

import pytest
import torch
from torch import nn

from gtn_core.typing import Batch
from gtn_nas.zero_cost import jacob_cov
from gtn_nas.zero_cost._jacob_cov import SMALL, spread


def test_uncorrelated_and_correlated_rows_by_hand():
    even = torch.tensor([[1.0, -1.0, 0.0, 0.0], [0.0, 0.0, 1.0, -1.0]])  # eigenvalues 1 and 1
    assert spread(even) == pytest.approx(-2 * (log(1 + SMALL) + 1 / (1 + SMALL)))
    half = torch.tensor([[1.0, -1.0, 0.0], [1.0, 0.0, -1.0]])  # correlation 1/2, eigenvalues 3/2 and 1/2
    expected = -sum(log(value + SMALL) + 1 / (value + SMALL) for value in (1.5, 0.5))
    assert spread(half) == pytest.approx(expected)
    assert spread(half) < spread(even)


def test_a_linear_network_answers_all_images_alike():
    torch.manual_seed(0)
    batch = Batch(torch.randn(3, 1, 2, 2), torch.zeros(3))
    curved = nn.Sequential(nn.Flatten(), nn.Linear(4, 16), nn.Tanh(), nn.Linear(16, 3))
    assert jacob_cov(nn.Sequential(nn.Flatten(), nn.Linear(4, 3)), batch) < -1e4 < jacob_cov(curved, batch)


def test_a_network_that_ignores_its_images_has_no_figure():
    ignoring = nn.Sequential(nn.Flatten(), nn.Linear(4, 3))
    nn.init.zeros_(ignoring[1].weight)
    assert isnan(jacob_cov(ignoring, Batch(torch.randn(3, 1, 2, 2), torch.zeros(3))))
