"""Differences of means, beside scipy's own functions and a case worked by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import mannwhitneyu

from gtn_core.studies import difference

ACCURACIES = st.lists(st.floats(0, 1), min_size=2, max_size=8)


@given(ACCURACIES, ACCURACIES)
def test_the_interval_lies_around_the_mean_and_within_what_is_possible(one, other):
    found = difference(one, other)
    assert found.mean == pytest.approx(sum(one) / len(one) - sum(other) / len(other), abs=1e-9)
    assert min(one) - max(other) - 1e-9 <= found.low <= found.high <= max(one) - min(other) + 1e-9
    assert found.p_value == pytest.approx(mannwhitneyu(one, other).pvalue)


def test_samples_that_are_apart_differ_and_equal_ones_do_not():
    assert difference([0.9, 0.91, 0.92], [0.7, 0.71, 0.72]).real
    assert not difference([0.7, 0.8, 0.9], [0.71, 0.79, 0.91]).real
    assert not difference([0.5, 0.5], [0.5, 0.5]).real


def test_exact_p_of_five_against_five():
    """All of one above all of the other: 2 of the 252 ways to split ten ranks."""
    assert difference([6, 7, 8, 9, 10], [1, 2, 3, 4, 5]).p_value == pytest.approx(2 / 252)


def test_one_value_has_no_interval():
    found = difference([0.9], [0.1, 0.2])
    assert (found.low, found.high, found.p_value, found.real) == (None, None, None, False)
