"""Small networks like VGG."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from gtn_learners import VGG, vgg_small


def test_has_the_parameters_of_vgg_11_with_batch_norm_and_one_linear_layer(parameter_count):
    weights = 9 * (3 * 64 + 64 * 128 + 128 * 256 + 256 * 256 + 256 * 512 + 3 * 512 * 512)
    norms = 2 * (64 + 128 + 2 * 256 + 4 * 512)
    learner = VGG((3, 32, 32), 10, [[64], [128], [256, 256], [512, 512], [512, 512]])
    assert parameter_count(learner) == weights + norms + 512 * 10 + 10


@pytest.mark.parametrize("stacks", [(), ((5,),), ((2, 3), (4,)), ((2,), (), (3,))], ids=str)
def test_has_a_convolution_for_each_width_and_a_pooling_for_each_stack(stacks, layer_widths):
    learner = VGG((1, 9, 7), 10, stacks)
    assert layer_widths(learner) == [*(width for stack in stacks for width in stack), 10]
    assert sum(isinstance(layer, nn.MaxPool2d) for layer in learner) == len(stacks)
    assert learner(torch.zeros(2, 1, 9, 7)).shape == (2, 10)


def test_computes_what_its_docstring_describes():
    learner = VGG((2, 9, 12), 3, [(4, 5), (6, 7)]).double()
    images = torch.randn(7, 2, 9, 12, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    *layers, last = (layer for layer in learner if hasattr(layer, "weight"))
    maps = images
    with torch.no_grad():
        for parameter in learner.parameters():
            parameter.normal_(generator=torch.Generator().manual_seed(parameter.numel()))
        for index in range(4):
            convolution, norm = layers[2 * index : 2 * index + 2]
            maps = F.conv2d(maps, convolution.weight, padding=1)
            maps = F.relu(F.batch_norm(maps, None, None, norm.weight, norm.bias, training=True))
            maps = F.max_pool2d(maps, 2, ceil_mode=True) if index % 2 else maps
        torch.testing.assert_close(learner(images), maps.flatten(1) @ last.weight.T + last.bias)


def test_draws_its_widths_over_a_factor_of_two(layer_widths):
    generator = torch.Generator().manual_seed(0)
    *drawn, _ = zip(*(layer_widths(vgg_small((3, 8, 8), 10, generator)) for _ in range(60)), strict=True)
    assert drawn[::2] == drawn[1::2]
    for widths, (low, high) in zip(drawn[::2], [(6, 12), (12, 24), (24, 48)], strict=True):
        assert low <= min(widths) < 1.1 * low
        assert 0.9 * high < max(widths) <= high
