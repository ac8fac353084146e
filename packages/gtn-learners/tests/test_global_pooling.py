"""Convolutional learners of random depth with global average pooling."""

import pytest
import torch
import torch.nn.functional as F

from gtn_learners import GlobalPoolingConvNet, global_pooling_convnet

RANGES = [(8, 16), (16, 32), (32, 64), (32, 64)]


@pytest.mark.parametrize("sides", [(28, 28), (9, 7), (1, 1)], ids=str)
def test_has_the_parameters_that_its_widths_say(sides, parameter_count):
    weights, norms = 9 * (1 * 16 + 16 * 32 + 32 * 64), 2 * (16 + 32 + 64)
    learner = GlobalPoolingConvNet((1, *sides), 10, channels=(16, 32, 64))
    assert parameter_count(learner) == weights + norms + 64 * 10 + 10


def test_computes_what_its_docstring_describes():
    learner = GlobalPoolingConvNet((2, 9, 12), 3, (4, 5, 6)).double()
    images = torch.randn(7, 2, 9, 12, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    *blocks, _, _, last = learner
    maps = images
    with torch.no_grad():
        for parameter in learner.parameters():
            parameter.normal_(generator=torch.Generator().manual_seed(parameter.numel()))
        for (convolution, norm, _), stride in zip(blocks, (1, 2, 2), strict=True):
            maps = F.conv2d(maps, convolution.weight, stride=stride, padding=1)
            maps = F.relu(F.batch_norm(maps, None, None, norm.weight, norm.bias, training=True))
        torch.testing.assert_close(learner(images), maps.mean((2, 3)) @ last.weight.T + last.bias)


def test_draws_its_depth_and_its_widths_over_a_factor_of_two(layer_widths):
    generator = torch.Generator().manual_seed(0)
    drawn = [layer_widths(global_pooling_convnet((3, 8, 8), 10, generator))[:-1] for _ in range(100)]
    assert 30 < sum(len(widths) == 3 for widths in drawn) < 70
    assert {len(widths) for widths in drawn} == {3, 4}
    for index, (low, high) in enumerate(RANGES):
        widths = [learner[index] for learner in drawn if index < len(learner)]
        assert low <= min(widths) < 1.1 * low
        assert 0.9 * high < max(widths) <= high
