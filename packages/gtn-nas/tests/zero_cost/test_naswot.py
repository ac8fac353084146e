"""NASWOT's kernel by hand."""

from math import inf, log

import pytest
import torch
from torch import nn

from gtn_core.typing import Batch
from gtn_nas.zero_cost import naswot
from gtn_nas.zero_cost._naswot import agreements


def test_the_kernel_by_hand():
    network = nn.Sequential(nn.Flatten(), nn.ReLU())
    images = torch.tensor([[1.0, 1.0, -1.0], [1.0, -1.0, -1.0], [-1.0, -1.0, 1.0]]).view(3, 1, 1, 3)
    kernel = [[3, 2, 0], [2, 3, 1], [0, 1, 3]]  # on how many of three activations two images agree
    assert agreements(images.flatten(1)).tolist() == kernel
    assert naswot(network, Batch(images, torch.zeros(3))) == pytest.approx(log(3 * 8 - 2 * 6))


def test_kernels_of_several_layers_add_up():
    images = torch.tensor([[1.0, -1.0], [1.0, 1.0]]).view(2, 1, 1, 2)
    one, two = nn.Sequential(nn.Flatten(), nn.ReLU()), nn.Sequential(nn.Flatten(), nn.ReLU(), nn.LeakyReLU(0.1))
    batch = Batch(images, torch.zeros(2))
    # [[2, 1], [1, 2]]; after the first ReLU the codes are the same again, so the kernel doubles.
    assert naswot(one, batch) == pytest.approx(log(3))
    assert naswot(two, batch) == pytest.approx(log(12))


def test_two_images_with_one_code_are_the_worst():
    batch = Batch(torch.ones(2, 1, 2, 2), torch.zeros(2))
    assert naswot(nn.Sequential(nn.Flatten(), nn.ReLU()), batch) == -inf
