"""Small residual networks: the paper's parameter counts, and a block written out."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from gtn_learners import ResNet, resnet_small
from gtn_learners._resnet import BasicBlock

PUBLISHED = {20: 0.27e6, 32: 0.46e6, 44: 0.66e6, 56: 0.85e6}
"""Parameters by layers: He et al. (2016), table 6."""


def expected_count(width, blocks):
    """On images of three channels, for ten classes."""
    first, second, third = (width << stage for stage in range(3))
    convolutions = 9 * (3 * first + 2 * blocks * first**2)
    for inputs, outputs in ((first, second), (second, third)):
        convolutions += 9 * (inputs * outputs + (2 * blocks - 1) * outputs**2)
    norms = 2 * (first + 2 * blocks * (first + second + third))
    return convolutions + norms + third * 10 + 10


@pytest.mark.parametrize("layers", PUBLISHED)
def test_has_the_parameter_count_of_the_paper(layers, parameter_count):
    count = parameter_count(ResNet((3, 32, 32), 10, width=16, blocks=(layers - 2) // 6))
    assert count == expected_count(16, (layers - 2) // 6)
    assert count == pytest.approx(PUBLISHED[layers], abs=0.005e6)


def test_resnet_20_has_269722_parameters_on_images_of_any_side(parameter_count):
    assert parameter_count(ResNet((3, 32, 32), 10, width=16, blocks=3)) == 269_722
    assert parameter_count(ResNet((3, 9, 7), 10, width=16, blocks=3)) == 269_722


def test_counts_its_layers_as_the_paper_does(layer_widths):
    assert len(layer_widths(ResNet((3, 32, 32), 10, width=2, blocks=3))) == 20


@pytest.mark.parametrize(("outputs", "stride"), [(3, 1), (6, 2), (5, 3)])
def test_a_block_adds_every_second_pixel_and_channels_of_zeros(outputs, stride):
    block = BasicBlock(3, outputs, stride).double().eval()
    images = torch.randn(4, 3, 9, 7, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    first, norm, _, second, last_norm = block.layers
    with torch.no_grad():
        for index, layer in enumerate((norm, last_norm)):
            for values in (layer.weight, layer.bias, layer.running_mean):
                values.normal_(generator=torch.Generator().manual_seed(index))
        maps = F.relu(norm(F.conv2d(images, first.weight, stride=stride, padding=1)))
        expected = last_norm(F.conv2d(maps, second.weight, padding=1))
        for channel in range(3):
            for row in range(expected.shape[2]):
                for column in range(expected.shape[3]):
                    expected[:, channel, row, column] += images[:, channel, stride * row, stride * column]
        torch.testing.assert_close(block(images), expected.clamp(min=0))


@pytest.mark.parametrize(("side", "sides"), [(32, [32, 16, 8]), (28, [28, 14, 7]), (9, [9, 5, 3]), (1, [1, 1, 1])])
def test_each_stage_halves_the_side_rounding_up(side, sides):
    seen = []
    learner = ResNet((1, side, side), 10, width=2)
    for layer in learner.modules():
        if isinstance(layer, BasicBlock):
            layer.register_forward_hook(lambda _layer, _inputs, maps: seen.append(maps.shape[2]))
    learner(torch.zeros(2, 1, side, side))
    assert seen == sides


def test_draws_its_width_over_a_factor_of_two(layer_widths):
    generator = torch.Generator().manual_seed(0)
    drawn = [layer_widths(resnet_small((3, 8, 8), 10, generator)) for _ in range(60)]
    for first, *rest in drawn:
        assert rest == [first, first, 2 * first, 2 * first, 4 * first, 4 * first, 10]
    assert {first for first, *_ in drawn} == set(range(8, 17))


def test_starts_kaiming_normal():
    weights = [layer.weight for layer in ResNet((3, 8, 8), 10, width=32).modules() if isinstance(layer, nn.Conv2d)]
    assert weights[-1].var().item() == pytest.approx(2 / (9 * 128), rel=0.05)
