"""The blocks that the paper's generator and learners are made of."""

import pytest
import torch
from torch import nn

from gtn_core.batch_norm import MeanOnlyBatchNorm
from gtn_core.layers import convolution_block, linear_block, weight_normalised

LAYERS = {"linear": lambda: nn.Linear(4, 3), "convolution": lambda: nn.Conv2d(2, 3, 3, bias=False)}


@pytest.mark.parametrize("make", LAYERS.values(), ids=LAYERS)
def test_starts_at_kaiming_weights_and_keeps_the_bias(make):
    torch.manual_seed(1)
    plain = make()
    nn.init.kaiming_normal_(plain.weight)
    torch.manual_seed(1)
    layer = weight_normalised(make())
    torch.testing.assert_close(layer.weight, plain.weight, rtol=1e-6, atol=0)
    assert (layer.bias is None and plain.bias is None) or torch.equal(layer.bias, plain.bias)


@pytest.mark.parametrize("make", LAYERS.values(), ids=LAYERS)
def test_weights_are_directions_at_one_magnitude_for_each_output(make):
    layer = weight_normalised(make())
    magnitudes, directions = layer.parametrizations.weight.original0, layer.parametrizations.weight.original1
    assert magnitudes.numel() == len(directions) == 3
    with torch.no_grad():
        magnitudes.copy_(torch.tensor([1.0, 2.0, -3.0]).view_as(magnitudes))
        directions *= 7
        lengths = layer.weight.flatten(1).norm(dim=1)
        cosines = torch.cosine_similarity(layer.weight.flatten(1), directions.flatten(1))
    torch.testing.assert_close(lengths, torch.tensor([1.0, 2.0, 3.0]))
    torch.testing.assert_close(cosines, torch.tensor([1.0, 1.0, -1.0]))


@pytest.mark.parametrize("side", [1, 2, 7, 8])
def test_a_stride_halves_the_side_rounding_up(side):
    assert convolution_block(2, 3, stride=2)(torch.zeros(2, 2, side, side)).shape[2:] == (-(-side // 2),) * 2


def test_a_block_pools_before_its_norm():
    block = convolution_block(1, 2, pooling=nn.MaxPool2d(2))
    assert [type(layer) for layer in block][1:] == [nn.MaxPool2d, MeanOnlyBatchNorm, nn.LeakyReLU]


def test_the_norm_cancels_the_bias_of_a_linear_block():
    block, inputs = linear_block(3, 2, bias=True).double(), torch.randn(4, 3, dtype=torch.float64)
    before = block(inputs)
    with torch.no_grad():
        block[0].bias += 1
    torch.testing.assert_close(block(inputs), before)
