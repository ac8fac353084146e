"""The interquartile mean and its interval, as Agarwal et al. recommend for few runs.

Source: Agarwal et al., "Deep reinforcement learning at the edge of the statistical precipice" (2021).
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 2000
EDGE = 0.25


class InterquartileMean(NamedTuple):
    """The mean of the middle half of the returns, and its 95 % interval."""

    iqm: float
    low: float
    high: float


def interquartile_mean(strata: Sequence[Sequence[float]], seed: int = 0) -> InterquartileMean:
    """Return the interquartile mean over all returns, with a percentile interval of a stratified bootstrap.

    Args:
        strata: the returns of each stratum, such as of one kind of agent or of one environment; agents are drawn anew
            within their stratum, never between strata.
        seed: of the resampling.

    Example:
        >>> interquartile_mean([[0.0, 10.0, 10.0, 99.0]])
        InterquartileMean(iqm=10.0, low=0.0, high=99.0)
    """
    from scipy.stats import trim_mean  # slow to import

    arrays = [np.asarray(stratum, dtype=np.float64) for stratum in strata]
    generator = np.random.default_rng(seed)
    resampled = np.concatenate([_resample(array, generator) for array in arrays], axis=1)
    means = trim_mean(resampled, EDGE, axis=1)
    low, high = np.percentile(means, (2.5, 97.5))
    return InterquartileMean(float(trim_mean(np.concatenate(arrays), EDGE)), float(low), float(high))


def _resample(array: NDArray[np.float64], generator: np.random.Generator) -> NDArray[np.float64]:
    chosen = generator.integers(len(array), size=(RESAMPLES, len(array)))
    return array[chosen]
