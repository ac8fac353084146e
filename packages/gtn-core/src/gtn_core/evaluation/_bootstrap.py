"""Mean and percentile-bootstrap interval, as the paper reports its results (section 3)."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

RESAMPLES = 1000


class Interval(NamedTuple):
    """A mean and its 95 % interval."""

    mean: float
    low: float
    high: float


def bootstrap_interval(values: Sequence[float], seed: int = 0) -> Interval:
    """Return mean and 95 % percentile-bootstrap interval of 1,000 resamples; one value alone is its own interval.

    Example:
        >>> bootstrap_interval([0.9, 0.9, 0.9])
        Interval(mean=0.9, low=0.9, high=0.9)
    """
    from scipy.stats import bootstrap  # slow to import

    array = np.asarray(values, dtype=np.float64)
    mean = float(array.mean())
    if np.ptp(array) == 0.0:
        return Interval(float(array[0]), float(array[0]), float(array[0]))
    generator = np.random.default_rng(seed)
    found = bootstrap((array,), np.mean, n_resamples=RESAMPLES, method="percentile", rng=generator).confidence_interval
    return Interval(mean, float(found.low), float(found.high))
