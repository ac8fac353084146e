"""The two variants of networks."""

import pytest
import torch
from torch import nn
from torch.nn.utils.parametrize import is_parametrized

from gtn_core.errors import UnknownNameError
from gtn_core.seeding import seeded
from gtn_learners._variants import VARIANTS, find_variant

each_variant = pytest.mark.parametrize("variant", VARIANTS.values(), ids=VARIANTS)


def test_gtn_is_weight_normalised_and_leaky():
    activation, convolution, norm = find_variant("gtn").activated_convolution(3, 4, (3, 3))
    assert activation(torch.tensor([-2.0, 3.0])).tolist() == pytest.approx([-0.2, 3.0])
    assert is_parametrized(convolution, "weight")
    assert type(norm) is nn.BatchNorm2d


def test_standard_is_neither():
    activation, convolution, norm = find_variant("standard").activated_convolution(3, 4, (3, 3))
    assert activation(torch.tensor([-2.0, 3.0])).tolist() == [0.0, 3.0]
    assert not is_parametrized(convolution)
    assert type(norm) is nn.BatchNorm2d


@each_variant
@pytest.mark.parametrize("kernel", [(1, 1), (3, 3), (1, 7), (3, 1)], ids=str)
@pytest.mark.parametrize("stride", [(1, 1), (2, 2), (1, 2)], ids=str)
def test_a_stride_divides_the_sides_rounding_up(variant, kernel, stride):
    convolution = variant.convolution(3, 4, kernel, stride)
    assert convolution.bias is None
    assert convolution(torch.zeros(2, 3, 7, 8)).shape[2:] == (-(-7 // stride[0]), -(-8 // stride[1]))


@each_variant
def test_weights_start_kaiming_normal(variant):
    with seeded(0):
        weight = variant.weighted(nn.Linear(90, 400)).weight
    assert weight.var().item() == pytest.approx(2 / 90, rel=0.03)


def test_an_unknown_variant_is_refused():
    with pytest.raises(UnknownNameError, match=r"unknown variant 'gnt'; did you mean 'gtn'\? Allowed: gtn, standard"):
        find_variant("gnt")
