"""All figures with their intervals."""

import numpy as np
import pytest

from gtn_core.errors import DataError
from gtn_nas.ranking import correlate, spearman
from gtn_nas.ranking._correlations import _estimate


def drawn(count, noise):
    generator = np.random.default_rng(1)
    truth = generator.normal(size=count)
    return list(truth + noise * generator.normal(size=count)), list(truth), list(generator.integers(1, 5, count))


def test_every_figure_has_an_interval_around_it():
    scores, truth, params = drawn(120, 0.5)
    found = correlate(scores, truth, params)
    assert list(found) == [
        *("spearman", "spearman_top_half", "spearman_top_tenth", "kendall"),
        *("best_of_10_regret", "best_of_100_regret", "partial_spearman_given_params"),
    ]
    for estimate in found.values():
        assert estimate.low <= estimate.high
    assert found["spearman"].low < found["spearman"].value < found["spearman"].high
    assert found["spearman"].value == spearman(np.array(scores), np.array(truth))
    assert correlate(scores, truth, params) == found


def test_more_architectures_give_narrower_intervals():
    widths = []
    for count in (20, 200):
        scores, truth, _ = drawn(count, 1.0)
        estimate = _estimate(spearman, [np.array(scores), np.array(truth)], seed=0)
        widths.append(estimate.high - estimate.low)
    assert widths[1] < widths[0] / 2


def test_the_interval_covers_what_it_should():
    # Of independent scores the true correlation is zero, which 95 % of intervals hold; 20 tries bring at least 16.
    generator = np.random.default_rng(0)
    estimates = [_estimate(spearman, generator.normal(size=(2, 40)), seed=0) for _ in range(20)]
    assert sum(estimate.low <= 0 <= estimate.high for estimate in estimates) >= 16


def test_what_is_not_defined_is_none():
    found = correlate([1.0, 1.0, 1.0], [1.0, 2.0, 3.0], [1.0, 2.0, 3.0])
    assert found["spearman"].value is None
    assert found["partial_spearman_given_params"].low is None


@pytest.mark.parametrize(
    ("scores", "truth"),
    [([1, 2], [1, 2]), ([1, 2, 3], [1, 2]), ([1, 2, float("nan")], [1, 2, 3]), ([1, 2, 3], [1, 2, -np.inf])],
)
def test_what_cannot_be_compared_is_refused(scores, truth):
    with pytest.raises(DataError):
        correlate(scores, truth)
