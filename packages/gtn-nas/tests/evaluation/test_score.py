"""Figures of several seeds in one score."""

from math import inf, nan

import pytest

from gtn_nas import Score


def test_mean_and_deviation_over_seeds():
    found = Score.of([0.2, 0.4, 0.9], seconds=1.0, accuracies=(0.2, 0.4, 0.9))
    assert (found.score, found.status) == (pytest.approx(0.5), "ok")
    assert found.score_std == pytest.approx(0.2944, abs=1e-4)


@pytest.mark.parametrize("figure", [nan, inf, -inf])
def test_any_figure_that_is_not_finite_ranks_below_all(figure):
    found = Score.of([0.9, figure], seconds=1.0)
    assert (found.score, found.score_std, found.status) == (-inf, 0.0, "diverged")
    assert sorted([found.score, -1e300]) == [-inf, -1e300]
