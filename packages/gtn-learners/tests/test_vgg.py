"""VGG-like networks."""

import torch

from gtn_learners import VGG, vgg_small


def test_has_the_parameters_of_vgg_11_for_cifar10(parameter_count):
    stages = ((64,), (128,), (256, 256), (512, 512), (512, 512))
    assert parameter_count(VGG((3, 32, 32), classes=10, stages=stages)) == 9_231_114


def test_draws_its_widths_over_a_factor_of_two(layer_widths):
    generator = torch.Generator().manual_seed(0)
    *drawn, _ = zip(*(layer_widths(vgg_small((1, 8, 8), 10, generator)) for _ in range(60)), strict=True)
    for widths, (low, high) in zip(drawn, [(8, 16), (8, 16), (16, 32), (16, 32)], strict=True):
        assert low <= min(widths) < 1.1 * low
        assert 0.9 * high < max(widths) <= high
