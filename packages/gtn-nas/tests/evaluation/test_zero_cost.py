"""Evaluations without training have the interface of the others."""

import pytest

from gtn_core.errors import UnknownNameError
from gtn_nas import CostEvaluation, NAOSpace, NB201Space, ZeroCostEvaluation
from gtn_nas.zero_cost import ZERO_COST


@pytest.mark.parametrize("figure", ZERO_COST)
@pytest.mark.parametrize("variant", ["standard", "gtn"])
def test_scores_the_same_twice(genotypes, data, figure, variant):
    for space in (NB201Space(4, 1, variant), NAOSpace(2, 1, variant)):
        evaluate = ZeroCostEvaluation(figure, data, space, batch_size=8, seeds=2)
        one, same = (evaluate(genotypes[space.name]) for _ in range(2))
        assert one.status == "ok"
        assert one.score == same.score
        assert one.score_std > 0


@pytest.mark.parametrize("figure", ZERO_COST)
def test_a_cell_without_any_path_is_never_preferred(genotypes, data, figure):
    nothing = "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|"
    evaluate = ZeroCostEvaluation(figure, data, NB201Space(4, 1, "standard"), batch_size=8)
    assert evaluate(nothing).score < evaluate(genotypes["nb201"]).score


def test_cost_is_a_score_too(genotypes):
    space = NB201Space()
    found = {count: CostEvaluation(count, space)(genotypes["nb201"]).score for count in ("params", "flops")}
    assert found == space.cost(space.parse(genotypes["nb201"]))._asdict()


def test_unknown_names_have_a_nearest_one(data):
    with pytest.raises(UnknownNameError, match="did you mean 'synflow'"):
        ZeroCostEvaluation("sinflow", data, NB201Space())
    with pytest.raises(UnknownNameError, match="did you mean 'params'"):
        CostEvaluation("param", NB201Space())
