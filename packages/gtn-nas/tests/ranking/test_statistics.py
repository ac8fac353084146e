"""Figures of a ranking against scipy, brute force and cases that can be seen by eye."""

from itertools import combinations
from math import isnan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kendalltau, linregress, rankdata, spearmanr

from gtn_nas.ranking import best_of_k_regret, kendall, partial_spearman, spearman, top_spearman
from gtn_nas.ranking._statistics import ranks

few_values = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=3, max_size=9)


def columns(pairs):
    return np.array(pairs, dtype=float).T


@given(few_values)
def test_agree_with_scipy_ties_included(pairs):
    scores, truth = columns(pairs)
    assert ranks(scores).tolist() == rankdata(scores).tolist()
    if np.ptp(scores) == 0 or np.ptp(truth) == 0:
        assert isnan(spearman(scores, truth))
        return
    assert spearman(scores, truth) == pytest.approx(spearmanr(scores, truth).statistic)
    assert kendall(scores, truth) == pytest.approx(kendalltau(scores, truth).statistic)


@given(few_values, st.integers(1, 3))
def test_regret_is_the_mean_over_all_draws(pairs, k):
    scores, truth = columns(pairs)
    losses = []
    for drawn in map(list, combinations(range(len(scores)), k)):
        favourites = truth[drawn][scores[drawn] == scores[drawn].max()]  # a tie is broken at random
        losses.append(truth[drawn].max() - favourites.mean())
    assert best_of_k_regret(k, scores, truth) == pytest.approx(np.mean(losses), abs=1e-12)


def test_minus_infinity_is_the_lowest():
    truth = np.array([1.0, 2.0, 3.0, 4.0, 0.0])
    scores = np.array([0.1, 0.3, 0.2, 0.4, -np.inf])
    low = np.where(np.isinf(scores), -1.0, scores)
    for figure in (spearman, kendall, lambda *pair: best_of_k_regret(3, *pair)):
        assert figure(scores, truth) == figure(low, truth)
    assert top_spearman(0.6, scores, truth) == pytest.approx(0.5)


def test_the_top_half_is_by_score_with_ties():
    scores = np.array([1.0, 1.0, 2.0, 2.0, 2.0, 3.0])
    truth = np.array([9.0, 8.0, 1.0, 2.0, 3.0, 4.0])
    assert top_spearman(0.5, scores, truth) == pytest.approx(spearmanr(scores[2:], truth[2:]).statistic)


def test_partial_correlation_is_that_of_the_residuals():
    generator = np.random.default_rng(0)
    params = generator.normal(size=50)
    scores, truth = params + generator.normal(size=50), params + generator.normal(size=50)
    ranks = [rankdata(values) for values in (scores, truth, params)]
    residuals = []
    for own in ranks[:2]:
        line = linregress(ranks[2], own)
        residuals.append(own - line.slope * ranks[2] - line.intercept)
    assert partial_spearman(scores, truth, params) == pytest.approx(np.corrcoef(residuals)[0, 1])
    assert partial_spearman(scores, truth, np.exp(params)) == partial_spearman(scores, truth, params)
    assert isnan(partial_spearman(params, truth, params))
