import pytest
import torch

from gtn_core._graph_memory import bytes_saved_by, parse_memory
from gtn_core.errors import ConfigurationError


@pytest.mark.parametrize(
    ("given", "parsed"),
    [("recompute", "recompute"), ("store", "store"), ("2GiB", 2**31), ("500 MB", 500_000_000), (7, 7)],
)
def test_parses_names_and_amounts(given, parsed):
    assert parse_memory(given) == parsed


@pytest.mark.parametrize("given", ["recompte", "", "-1", 0, -3, None, "1e30", [1], "many GiB"], ids=repr)
def test_refuses_all_else_and_says_what_is_allowed(given):
    with pytest.raises(ConfigurationError, match="'recompute', 'store' or an amount such as 2GiB"):
        parse_memory(given)


def test_counts_what_is_saved_twice_once():
    weights = torch.ones(100, requires_grad=True)
    assert bytes_saved_by(lambda: weights * weights) == 400
    assert bytes_saved_by(lambda: weights[:50] * weights[50:]) == 400
    assert bytes_saved_by(lambda: weights.exp() + weights.sin()) == 800
    assert bytes_saved_by(lambda: weights + weights) == 0
