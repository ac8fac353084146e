"""The paper's CIFAR-10 proxy learner: its parameter count and its layers, written out."""

import torch
from torch import nn

from gtn_learners import CIFAR10Learner, cifar10_paper


def expected_count(first, second, third):
    convolutions = 9 * (3 * first + first * second + second * second + second * third + third * third)
    outputs = first + 2 * second + 2 * third
    magnitudes = outputs + 10  # of weight norm, one for each output unit
    norms = outputs  # the bias of each mean-only batch norm
    return convolutions + third * 10 + magnitudes + norms + 10


def test_has_the_parameter_count_of_the_authors_learner(parameter_count):
    assert expected_count(64, 128, 256) == 1_111_892
    assert parameter_count(CIFAR10Learner((3, 32, 32), classes=10)) == 1_111_892


def test_the_count_does_not_depend_on_the_side(parameter_count):
    assert parameter_count(CIFAR10Learner((3, 7, 9), classes=10)) == 1_111_892


def test_draws_the_papers_widths(layer_widths):
    generator = torch.Generator().manual_seed(0)
    drawn = [layer_widths(cifar10_paper((3, 4, 4), 10, generator)) for _ in range(50)]
    first, second, again, third, last, logits = zip(*drawn, strict=True)
    assert 32 <= min(first) < 45 < 115 < max(first) <= 128
    for widths in (second, third):
        assert 64 <= min(widths) < 90 < 230 < max(widths) <= 256
    assert (second, third) == (again, last)
    assert set(logits) == {10}


def test_maps_shrink_from_32_to_8_before_the_global_pooling():
    sides = []
    learner = CIFAR10Learner((3, 32, 32), 10, (2, 3, 4))
    for layer in learner.modules():
        if isinstance(layer, nn.Conv2d | nn.AdaptiveAvgPool2d):
            layer.register_forward_hook(lambda _layer, _inputs, maps: sides.append(maps.shape[2]))
    learner(torch.zeros(2, 3, 32, 32))
    assert sides == [32, 16, 16, 8, 8, 1]
    assert not any(isinstance(layer, nn.MaxPool2d) for layer in learner.modules())
