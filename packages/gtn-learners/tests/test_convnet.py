"""The standard network of dataset distillation."""

import pytest
import torch
from torch import nn

from gtn_core.errors import LearnerError
from gtn_learners import ConvNet, convnet_3


def test_has_the_parameters_of_convnet_3(parameter_count):
    assert parameter_count(ConvNet((3, 32, 32), classes=10)) == 320_010


def test_normalises_each_channel_of_each_image():
    convolution, norm, *_ = ConvNet((1, 8, 8), classes=2, channels=(3,))[0]
    maps = convolution(torch.randn(2, 1, 8, 8))
    torch.testing.assert_close(norm(maps), nn.InstanceNorm2d(3)(maps))


@pytest.mark.parametrize(("blocks", "smallest"), [(1, 2), (2, 3), (3, 5)])
def test_refuses_images_that_leave_the_norm_a_single_pixel(blocks, smallest):
    channels = (2,) * blocks
    assert ConvNet((1, smallest, 1), 2, channels)(torch.randn(2, 1, smallest, 1)).shape == (2, 2)
    with pytest.raises(LearnerError, match=f"a side of at least {smallest} is needed"):
        ConvNet((1, smallest - 1, smallest - 1), 2, channels)


def test_draws_its_widths_over_a_factor_of_two(layer_widths):
    generator = torch.Generator().manual_seed(0)
    *drawn, _ = zip(*(layer_widths(convnet_3((1, 8, 8), 10, generator)) for _ in range(60)), strict=True)
    for widths, (low, high) in zip(drawn, [(16, 32), (32, 64), (32, 64)], strict=True):
        assert low <= min(widths) < 1.1 * low
        assert 0.9 * high < max(widths) <= high
