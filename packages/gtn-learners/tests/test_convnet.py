"""ConvNet-3: the literature's parameter counts, and its function with torch's own instance norm."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from gtn_core.seeding import seeded
from gtn_learners import ConvNet, convnet_3, convnet_3_small


def expected_count(inputs, width):
    """On images of 25 to 32 pixels a side, which three poolings make 4 x 4."""
    convolutions = 9 * (inputs * width + 2 * width * width) + 3 * width
    norms = 3 * 2 * width
    return convolutions + norms + width * 4 * 4 * 10 + 10


@pytest.mark.parametrize(
    ("image_shape", "count"), [((3, 32, 32), 320_010), ((1, 32, 32), 317_706), ((1, 28, 28), 317_706)], ids=str
)
def test_has_the_parameter_count_of_the_literature(image_shape, count, parameter_count):
    assert expected_count(image_shape[0], 128) == count
    assert parameter_count(ConvNet(image_shape, classes=10)) == count


def test_takes_any_width_and_depth(layer_widths):
    assert layer_widths(ConvNet((3, 9, 7), 4, width=5, depth=2)) == [5, 5, 4]


def test_computes_what_the_literature_describes():
    learner = ConvNet((2, 9, 12), 3, width=4).double()
    images = torch.randn(7, 2, 9, 12, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    *blocks, _, last = learner
    maps = images
    with torch.no_grad():
        for parameter in learner.parameters():
            parameter.normal_(generator=torch.Generator().manual_seed(parameter.numel()))
        for convolution, norm, _, _ in blocks:
            maps = F.conv2d(maps, convolution.weight, convolution.bias, padding=1)
            maps = F.relu(F.instance_norm(maps, weight=norm.weight, bias=norm.bias))
            maps = F.avg_pool2d(maps, 2, ceil_mode=True)
        torch.testing.assert_close(learner(images), maps.flatten(1) @ last.weight.T + last.bias)


@pytest.mark.parametrize(("side", "norms"), [(1, 0), (2, 1), (4, 2), (5, 3)])
def test_normalises_no_maps_of_one_pixel(side, norms):
    with seeded(0):  # by chance, few channels can all be dead
        learner = ConvNet((1, side, side), 3, width=8)
    assert sum(isinstance(layer, nn.GroupNorm) for layer in learner.modules()) == norms
    one, other = torch.randn(2, 1, 1, side, side, generator=torch.Generator().manual_seed(0))
    assert not torch.equal(learner(one), learner(other))


@pytest.mark.parametrize(("family", "least"), [(convnet_3, 32), (convnet_3_small, 12)])
def test_draws_its_width_over_a_factor_of_two(layer_widths, family, least):
    generator = torch.Generator().manual_seed(0)
    drawn = [layer_widths(family((3, 8, 8), 10, generator)) for _ in range(60)]
    assert all(first == second == third for first, second, third, _ in drawn)
    widths = {first for first, *_ in drawn}
    assert least <= min(widths) < least + 3
    assert 2 * least - 3 < max(widths) <= 2 * least


def test_the_family_has_no_biases_that_a_norm_cancels():
    blocks = list(convnet_3((3, 8, 8), 10, torch.Generator().manual_seed(0)))[:3]
    assert [block[0].bias for block in blocks] == [None] * 3
