"""Is one arm better than another? An interval of the difference, and a rank test beside it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

RESAMPLES = 1000
TEST = "Mann-Whitney U, two-sided"


@dataclass(frozen=True)
class Difference:
    """Mean of one sample minus mean of another, with a 95 % percentile-bootstrap interval (n = 1,000).

    Attributes:
        mean: the difference.
        low: lower end of its interval; None where a sample has a single value.
        high: upper end.
        p_value: of the Mann-Whitney U test; None where a sample has a single value.
    """

    mean: float
    low: float | None
    high: float | None
    p_value: float | None

    @property
    def real(self) -> bool:
        """Whether the interval excludes zero."""
        return self.low is not None and self.high is not None and not self.low <= 0 <= self.high

    @property
    def verdict(self) -> str:
        """What a sentence calls it."""
        return "a difference" if self.real else "no difference that shows"

    def content(self, one: str, other: str) -> dict[str, object]:
        """Return what a study's JSON file says of it, given whose difference it is."""
        return {"of": one, "over": other, "real": self.real, **vars(self)}


def difference(one: Sequence[float], other: Sequence[float], seed: int = 0) -> Difference:
    """Compare two independent samples.

    Example:
        >>> difference([0.97, 0.98, 0.97], [0.90, 0.91, 0.92]).real
        True
    """
    from scipy.stats import bootstrap, mannwhitneyu  # slow to import

    first, second = np.asarray(one, dtype=np.float64), np.asarray(other, dtype=np.float64)
    mean = float(first.mean() - second.mean())
    if min(len(first), len(second)) < 2:
        return Difference(mean, None, None, None)
    p_value = float(mannwhitneyu(first, second).pvalue)
    if np.ptp(first) == 0 and np.ptp(second) == 0:  # nothing to resample
        return Difference(mean, mean, mean, p_value)
    found = bootstrap(
        (first, second),
        lambda a, b, axis: a.mean(axis) - b.mean(axis),
        n_resamples=RESAMPLES,
        method="percentile",
        rng=np.random.default_rng(seed),
    ).confidence_interval
    return Difference(mean, float(found.low), float(found.high), p_value)
