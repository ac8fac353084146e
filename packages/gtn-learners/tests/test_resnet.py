"""Small residual networks."""

import pytest
import torch
from torch import nn

from gtn_learners import ResidualBlock, ResNet, resnet_small


@pytest.mark.parametrize(("blocks", "count"), [(3, 269_722), (5, 464_154), (9, 853_018)])
def test_has_the_parameters_of_the_published_ones(blocks, count, parameter_count):
    """He et al., table 6: 0.27, 0.46 and 0.85 million for 20, 32 and 56 layers."""
    assert parameter_count(ResNet((3, 32, 32), classes=10, channels=(16, 32, 64), blocks=blocks)) == count


def test_the_shortcut_skips_pixels_and_adds_empty_channels():
    block = ResidualBlock(2, 4, stride=2)
    nn.init.zeros_(block.residual[-1].weight)
    images = torch.rand(3, 2, 5, 6)
    outputs = block(images)
    assert torch.equal(outputs[:, 1:3], images[:, :, ::2, ::2])
    assert not outputs[:, [0, 3]].any()


@pytest.mark.parametrize("sides", [(28, 28), (7, 5), (1, 1)], ids=str)
def test_runs_on_any_sides(sides):
    assert ResNet((1, *sides), 3, channels=(2, 3, 4))(torch.zeros(2, 1, *sides)).shape == (2, 3)


def test_draws_its_width_over_a_factor_of_two(layer_widths):
    generator = torch.Generator().manual_seed(0)
    drawn = [layer_widths(resnet_small((1, 8, 8), 10, generator)) for _ in range(60)]
    assert {widths[0] for widths in drawn} == set(range(8, 17))
    assert all(widths[-2] == 4 * widths[0] for widths in drawn)
