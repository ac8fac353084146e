"""The small convolutional learners."""

import pytest
import torch
from torch import nn

from gtn_learners import StridedLearner, cifar10_small, mnist_small

FAMILIES = {
    "mnist-small": (mnist_small, (1, 28, 28), [(16, 32), (32, 64)], 7),
    "cifar10-small": (cifar10_small, (3, 32, 32), [(16, 32), (32, 64), (32, 64)], 4),
}


@pytest.mark.parametrize(("family", "image_shape", "ranges", "side"), FAMILIES.values(), ids=FAMILIES)
def test_draws_its_widths_over_a_factor_of_two(family, image_shape, ranges, side, layer_widths):
    generator = torch.Generator().manual_seed(0)
    *drawn, _ = zip(*(layer_widths(family(image_shape, 10, generator)) for _ in range(60)), strict=True)
    for widths, (low, high) in zip(drawn, ranges, strict=True):
        assert high >= 2 * low
        assert low <= min(widths) < 1.1 * low
        assert 0.9 * high < max(widths) <= high


@pytest.mark.parametrize(("family", "image_shape", "ranges", "side"), FAMILIES.values(), ids=FAMILIES)
def test_strides_instead_of_pooling(family, image_shape, ranges, side):
    *blocks, flatten, last = family(image_shape, 10, torch.Generator().manual_seed(0))
    assert [block[0].stride for block in blocks] == [(2, 2)] * len(ranges)
    assert isinstance(flatten, nn.Flatten)
    assert last.in_features == blocks[-1][0].out_channels * side**2


def test_has_the_parameters_that_its_sizes_say(parameter_count):
    weights = 9 * (1 * 16 + 16 * 32) + 32 * 7 * 7 * 10
    magnitudes, norms, biases = 16 + 32 + 10, 16 + 32, 10
    learner = StridedLearner((1, 28, 28), classes=10, channels=(16, 32))
    assert parameter_count(learner) == weights + magnitudes + norms + biases
