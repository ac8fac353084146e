"""The learner that ends in global average pooling."""

import torch

from gtn_learners import GlobalPoolingConvNet, global_pooling_convnet


def test_has_the_parameters_that_its_sizes_say(parameter_count):
    weights = 9 * (1 * 16 + 16 * 32 + 32 * 64) + 64 * 10
    magnitudes, norms, biases = 16 + 32 + 64 + 10, 16 + 32 + 64, 10
    learner = GlobalPoolingConvNet((1, 28, 28), classes=10, channels=(16, 32, 64))
    assert parameter_count(learner) == weights + magnitudes + norms + biases


def test_runs_on_images_of_other_sides_than_it_was_made_for():
    assert GlobalPoolingConvNet((1, 28, 28), 3, channels=(2, 3))(torch.zeros(2, 1, 9, 12)).shape == (2, 3)


def test_draws_its_widths_over_a_factor_of_two(layer_widths):
    generator = torch.Generator().manual_seed(0)
    *drawn, _ = zip(*(layer_widths(global_pooling_convnet((1, 8, 8), 10, generator)) for _ in range(60)), strict=True)
    for widths, (low, high) in zip(drawn, [(16, 32), (32, 64), (64, 128)], strict=True):
        assert low <= min(widths) < 1.1 * low
        assert 0.9 * high < max(widths) <= high
