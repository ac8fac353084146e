from math import inf

import pytest
import torch

from gtn_nas.strategies import NAOptimizer
from gtn_nas.strategies._nao_optimizer import Numbers

SIZES = (5,) * 6
QUICK = {"initial": 12, "generation": 8, "steps": 100}
HASTY = {**QUICK, "steps": 10}
"""Where it does not matter how good the proposals are."""


def landscape(seed: int):
    """Return a score with a share of each place and each pair of places: hard to climb one place at a time."""
    stream = torch.Generator().manual_seed(seed)
    single = torch.randn(6, 5, generator=stream)
    pair = torch.randn(6, 6, 5, 5, generator=stream)

    def score(numbers: Numbers) -> float:
        pairs = sum(pair[a, b, numbers[a], numbers[b]] for a in range(6) for b in range(a))
        return float(sum(single[place, number] for place, number in enumerate(numbers)) + 0.3 * pairs)

    return score


def run(optimizer: NAOptimizer, score, trials: int) -> list[Numbers]:
    asked = []
    for _ in range(trials):
        numbers = optimizer.ask()
        assert numbers is not None
        optimizer.tell(numbers, score(numbers))
        asked.append(numbers)
    return asked


def test_it_beats_random_search_at_equal_trials():
    found, drawn = [], []
    for seed in range(3):
        score = landscape(seed)
        optimizer, random = NAOptimizer(SIZES, seed=seed, **QUICK), NAOptimizer(SIZES, seed=seed, initial=44)
        run(optimizer, score, 44)
        run(random, score, 44)
        assert random.origins == {"random": 44, "decoded": 0, "mutated": 0}
        assert optimizer.origins["decoded"] > 0
        found.append(optimizer.best[1])
        drawn.append(random.best[1])
    assert sum(better > worse for better, worse in zip(found, drawn, strict=True)) >= 2
    assert sum(found) > sum(drawn) + 3


def test_decoded_proposals_are_better_than_random_ones():
    """That is the embedding's work: mutations are not counted here."""
    decoded, drawn = [], []
    for seed in range(4):
        score, optimizer = landscape(seed), NAOptimizer(SIZES, seed=seed, initial=24, generation=8, steps=100)
        drawn += map(score, run(optimizer, score, 24))
        for numbers in run(optimizer, score, 8)[: optimizer.origins["decoded"]]:  # these come before the mutated ones
            decoded.append(score(numbers))
    assert len(decoded) >= 8
    assert sum(decoded) / len(decoded) > sum(drawn) / len(drawn) + 1


def test_the_same_seed_makes_the_same_proposals_and_another_others():
    score = landscape(0)
    first, again, other = (run(NAOptimizer(SIZES, seed=seed, **HASTY), score, 22) for seed in (1, 1, 2))
    assert first == again != other


def test_nothing_is_proposed_twice():
    asked = run(NAOptimizer(SIZES, **HASTY), landscape(0), 30)
    assert len(set(asked)) == 30


@pytest.mark.parametrize("trials", [5, 12, 15])
def test_a_restored_optimizer_goes_on_as_the_one_that_was_saved(trials: int):
    score, saved, restored = landscape(0), NAOptimizer(SIZES, **HASTY), NAOptimizer(SIZES, **HASTY)
    run(saved, score, trials)
    restored.load_state_dict(saved.state_dict())
    assert run(saved, score, 10) == run(restored, score, 10)
    assert saved.origins == restored.origins


def test_what_was_asked_for_and_never_told_is_asked_for_again():
    score, saved, restored = landscape(0), NAOptimizer(SIZES, **HASTY), NAOptimizer(SIZES, **HASTY)
    run(saved, score, 14)
    open_ones = [saved.ask(), saved.ask()]
    restored.load_state_dict(saved.state_dict())
    assert [restored.ask(), restored.ask()] == open_ones
    assert restored.origins == saved.origins


def test_an_exhausted_space_gives_none():
    optimizer = NAOptimizer((2, 3), **HASTY)
    assert len({optimizer.ask() for _ in range(6)}) == 6
    assert optimizer.ask() is None


def test_diverged_and_failed_genotypes_are_the_worst_and_break_nothing():
    optimizer = NAOptimizer(SIZES, **HASTY)
    for number in range(16):
        numbers = optimizer.ask()
        assert numbers is not None
        if number % 3 == 0:
            optimizer.forget(numbers)
        else:
            optimizer.tell(numbers, -inf if number % 3 == 1 else float(numbers[0]))
    assert optimizer.best is not None
    assert optimizer.best[1] >= 0


def test_one_that_scores_nothing_goes_on_at_random():
    optimizer = NAOptimizer(SIZES, initial=2)
    assert all(optimizer.ask() for _ in range(5))
    assert optimizer.origins["random"] == 5
