"""The paper's MNIST learner: its parameter count and its function, written out."""

import pytest
import torch
import torch.nn.functional as F

from gtn_learners import MNISTLearner, mnist_paper


def expected_count(first, second, hidden):
    """On 28 x 28 images, which two poolings make 7 x 7."""
    weights = 1 * 9 * first + first * 9 * second + second * 7 * 7 * hidden + hidden * 10
    magnitudes = first + second + hidden + 10  # of weight norm, one for each output unit
    norms = first + second + hidden  # the bias of each mean-only batch norm
    biases = hidden + 10  # fully connected layers have one; convolutions have none
    return weights + magnitudes + norms + biases


def test_has_the_parameter_count_of_the_authors_learner(parameter_count):
    assert expected_count(64, 128, 256) == 1_683_668
    assert parameter_count(MNISTLearner((1, 28, 28), classes=10)) == 1_683_668


@pytest.mark.parametrize(("first", "second", "hidden", "about"), [(32, 64, 64, 220e3), (128, 256, 256, 3.5e6)])
def test_spans_the_sizes_of_the_authors_learner(parameter_count, first, second, hidden, about):
    count = parameter_count(MNISTLearner((1, 28, 28), 10, (first, second), hidden))
    assert count == expected_count(first, second, hidden)
    assert count == pytest.approx(about, rel=0.005)


def test_draws_the_papers_widths(layer_widths):
    generator = torch.Generator().manual_seed(0)
    drawn = [layer_widths(mnist_paper((1, 4, 4), 10, generator)) for _ in range(50)]
    first, second, hidden, logits = zip(*drawn, strict=True)
    assert 32 <= min(first) < 45 < 115 < max(first) <= 128
    for widths in (second, hidden):
        assert 64 <= min(widths) < 90 < 230 < max(widths) <= 256
    assert set(logits) == {10}


def test_computes_what_the_paper_describes():
    learner = MNISTLearner((2, 9, 12), 3, (4, 5), 6).double()
    images = torch.randn(7, 2, 9, 12, dtype=torch.float64)
    first, second, _, hidden, last = learner

    def weight(layer):
        magnitudes, directions = layer.parametrizations.weight.original0, layer.parametrizations.weight.original1
        return directions * magnitudes / directions.flatten(1).norm(dim=1).view_as(magnitudes)

    def normed(maps, layer):
        places = (0, *range(2, maps.dim()))
        bias = layer.bias.view(1, -1, *[1] * (maps.dim() - 2))
        return F.leaky_relu(maps - maps.mean(places, keepdim=True) + bias, 0.1)

    with torch.no_grad():
        for parameter in learner.parameters():
            parameter.normal_(generator=torch.Generator().manual_seed(parameter.numel()))
        maps = images
        for convolution, _, norm, _ in (first, second):
            maps = normed(F.max_pool2d(F.conv2d(maps, weight(convolution), padding=1), 3, 2, padding=1), norm)
        features = normed(maps.flatten(1) @ weight(hidden[0]).T + hidden[0].bias, hidden[1])
        torch.testing.assert_close(learner(images), features @ weight(last).T + last.bias)
