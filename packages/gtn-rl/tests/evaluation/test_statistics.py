"""The interquartile mean against rliable, which its authors wrote, and its interval against scipy."""

import numpy as np
import pytest
from scipy.stats import bootstrap, trim_mean

from gtn_rl.evaluation import interquartile_mean

RETURNS = [500.0, 480.0, 500.0, 120.0, 470.0, 500.0, 499.0, 500.0, 310.0, 500.0, 9.0, 500.0]


def test_agrees_with_rliable():
    metrics = pytest.importorskip("rliable.metrics")
    assert interquartile_mean([RETURNS]).iqm == pytest.approx(metrics.aggregate_iqm(np.array(RETURNS)))


def test_interval_agrees_with_scipys_bootstrap():
    found = interquartile_mean([RETURNS])
    resampled = bootstrap(
        (np.array(RETURNS),), lambda values, axis: trim_mean(values, 0.25, axis=axis), method="percentile", rng=1
    ).confidence_interval
    assert found.low == pytest.approx(resampled.low, rel=0.05)
    assert found.high == pytest.approx(resampled.high, rel=0.05)


def test_strata_are_resampled_within_themselves():
    apart = interquartile_mean([[0.0] * 4, [100.0] * 4])
    assert apart == (50.0, 50.0, 50.0)
    together = interquartile_mean([[0.0] * 4 + [100.0] * 4])
    assert together.low < 50.0 < together.high


def test_same_seed_same_interval():
    assert interquartile_mean([RETURNS], seed=3) == interquartile_mean([RETURNS], seed=3)
