"""How well scores order architectures as the truth does: figures of two lists of numbers, ties and -inf included.

Scores count by their ranks alone, equal ones by their mean rank, so -inf is simply the lowest. A figure that is not
defined, as where all scores are equal, is NaN.
"""

from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy.stats import kendalltau

Numbers = NDArray[np.float64]


def spearman(scores: Numbers, truth: Numbers) -> float:
    """Return Spearman's rank correlation.

    Example:
        >>> spearman(np.array([1.0, 2.0, 3.0]), np.array([10.0, 30.0, 20.0]))
        0.5
    """
    return _pearson(ranks(scores), ranks(truth))


def kendall(scores: Numbers, truth: Numbers) -> float:
    """Return Kendall's tau-b, which allows for ties.

    Example:
        >>> round(kendall(np.array([1.0, 2.0, 3.0]), np.array([10.0, 30.0, 20.0])), 3)
        0.333
    """
    return float(kendalltau(ranks(scores), ranks(truth)).statistic)


def top_spearman(fraction: float, scores: Numbers, truth: Numbers) -> float:
    """Return Spearman's rank correlation among the best architectures by score (the paper's figure 9: the best half).

    Args:
        fraction: how many of all count as best; whoever ties with the last of them counts too.
        scores: of all architectures.
        truth: of all architectures.

    Example:
        >>> top_spearman(0.5, np.array([1.0, 2.0, 3.0, 4.0]), np.array([9.0, 9.0, 1.0, 2.0]))
        1.0
    """
    best = best_by(fraction, scores)
    return spearman(scores[best], truth[best])


def best_by(fraction: float, scores: Numbers) -> NDArray[np.bool_]:
    """Return which architectures are the best by score, ties with the last of them included."""
    count = max(1, round(fraction * len(scores)))
    return scores >= np.sort(scores)[-count]


def partial_spearman(scores: Numbers, truth: Numbers, given: Numbers) -> float:
    """Return the rank correlation of scores and truth that is left when a third figure is held constant.

    Args:
        scores: of all architectures.
        truth: of all architectures.
        given: the third figure. Parameters and their logarithm have the same ranks, hence the same result.

    Example:
        >>> x, y = np.array([1.0, 2.0, 3.0, 4.0]), np.array([1.0, 2.0, 4.0, 3.0])
        >>> round(partial_spearman(x, y, np.array([1.0, 3.0, 2.0, 4.0])), 3)
        0.722
    """
    between, with_scores, with_truth = spearman(scores, truth), spearman(scores, given), spearman(truth, given)
    rest = (1 - with_scores**2) * (1 - with_truth**2)
    if not rest > 1e-12:  # the third figure orders the scores, or the truth, exactly
        return float("nan")
    return float((between - with_scores * with_truth) / np.sqrt(rest))


def best_of_k_regret(k: int, scores: Numbers, truth: Numbers) -> float:
    """Return what is lost by trusting the scores: of k architectures drawn at random, the best less the favourite.

    The expectation over all draws, in units of the truth. This is random search: of k candidates the one that scores
    best is trained.

    Args:
        k: candidates, at most as many as there are architectures.
        scores: of all architectures.
        truth: of all architectures.

    Example:
        >>> best_of_k_regret(2, np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.0, 3.0]))
        0.0
        >>> best_of_k_regret(3, np.array([3.0, 2.0, 1.0]), np.array([1.0, 2.0, 3.0]))
        2.0
    """
    if not 1 <= k <= len(scores):
        return float("nan")
    return _favourite(k, truth, truth) - _favourite(k, scores, truth)


def ranks(numbers: Numbers) -> Numbers:
    """Return ranks from 1 on, equal numbers their mean rank: scipy's `rankdata`, three times as fast for few.

    Example:
        >>> ranks(np.array([5.0, -np.inf, 5.0]))
        array([2.5, 1. , 2.5])
    """
    _, places, counts = np.unique(numbers, return_inverse=True, return_counts=True)
    means: Numbers = np.cumsum(counts) - (counts - 1) / 2
    return means[places]


def statistics(count: int) -> dict[str, Callable[[Numbers, Numbers], float]]:
    """Return all figures of scores and truth by name, for so many architectures."""
    regrets = {f"best_of_{k}_regret": partial(best_of_k_regret, k) for k in (10, 100) if k <= count}
    return {
        "spearman": spearman,
        "spearman_top_half": partial(top_spearman, 0.5),
        "spearman_top_tenth": partial(top_spearman, 0.1),
        "kendall": kendall,
        **regrets,
    }


def _favourite(k: int, scores: Numbers, truth: Numbers) -> float:
    """Expected truth of the best by score among k drawn without replacement; a tie is broken at random."""
    order = np.argsort(-scores, kind="stable")
    count = len(scores)
    # P(the best place drawn is i) = P(none before i) - P(none up to i), and P(none of i) is a product of fractions.
    places = np.arange(count)
    factors = np.clip((count - places - k) / (count - places), 0.0, 1.0)
    none_before = np.concatenate([[1.0], np.cumprod(factors)])
    chances = none_before[:-1] - none_before[1:]
    _, groups = np.unique(-scores[order], return_inverse=True)
    means = np.bincount(groups, truth[order]) / np.bincount(groups)
    return float((chances * means[groups]).sum())


def _pearson(one: Numbers, other: Numbers) -> float:
    if len(one) < 2:
        return float("nan")
    first, second = one - one.mean(), other - other.mean()
    size = np.sqrt((first @ first) * (second @ second))
    return float(np.clip(first @ second / size, -1.0, 1.0)) if size > 0 else float("nan")
