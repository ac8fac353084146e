"""All figures of a ranking, each with an interval over architectures."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isnan
from warnings import catch_warnings, simplefilter

import numpy as np

from gtn_core.errors import DataError
from gtn_nas.ranking._statistics import Numbers, partial_spearman, statistics

RESAMPLES = 1000
FEWEST = 3


@dataclass(frozen=True)
class Estimate:
    """A figure and its 95 % percentile-bootstrap interval; None where it is not defined."""

    value: float | None
    low: float | None
    high: float | None


def correlate(
    scores: Sequence[float], truth: Sequence[float], params: Sequence[float] | None = None, *, seed: int = 0
) -> dict[str, Estimate]:
    """Return how well scores order architectures as the truth does.

    Args:
        scores: one an architecture; -inf, of the diverged, counts as the lowest.
        truth: for example test accuracies after full training.
        params: parameters, where the rank correlation given them is wanted.
        seed: of the bootstrap, which draws architectures with replacement, 1,000 times.

    Returns:
        `spearman`, `spearman_top_half` and `spearman_top_tenth` (of the best by score), `kendall`, the regrets
        `best_of_10_regret` and `best_of_100_regret` where there are so many, and `partial_spearman_given_params`.

    Raises:
        DataError: fewer than three architectures, lists of unequal length, a score or truth that is no number.

    Example:
        >>> found = correlate([0.1, 0.2, 0.3, 0.4], [0.5, 0.6, 0.8, 0.7])
        >>> round(found["spearman"].value, 3)
        0.8
    """
    arrays = [np.asarray(values, dtype=np.float64) for values in (scores, truth, *([params] if params else []))]
    if len({len(array) for array in arrays}) > 1 or len(arrays[0]) < FEWEST:
        lengths = " and ".join(str(len(array)) for array in arrays)
        raise DataError(f"a correlation needs a score and a truth for at least {FEWEST} architectures; got {lengths}")
    if np.isnan(np.concatenate(arrays)).any() or not np.isfinite(arrays[1]).all():
        raise DataError("every score must be a number, or -inf, and every truth a finite number")
    figures: dict[str, Callable[..., float]] = {**statistics(len(arrays[0]))}
    found = {name: _estimate(figure, arrays[:2], seed) for name, figure in figures.items()}
    if params:
        found["partial_spearman_given_params"] = _estimate(partial_spearman, arrays, seed)
    return found


def _estimate(figure: Callable[..., float], arrays: Sequence[Numbers], seed: int) -> Estimate:
    generator = np.random.default_rng(seed)
    count = len(arrays[0])
    draws = generator.integers(count, size=(RESAMPLES, count))
    with catch_warnings():
        simplefilter("ignore")  # a resample may hold nothing but ties: its figure is NaN, and left out
        value = figure(*arrays)
        resampled = np.array([figure(*(array[draw] for array in arrays)) for draw in draws])
    defined = resampled[~np.isnan(resampled)]
    if isnan(value) or not len(defined):
        return Estimate(None, None, None)
    low, high = np.percentile(defined, [2.5, 97.5])
    return Estimate(value, float(low), float(high))
