"""The strategies that `gtn-nas search` knows, by name, with settings for searches of tens or hundreds of trials."""

from typing import Any

from nni.nas.strategy import Random, RegularizedEvolution

from gtn_core.seeding import derive_seed
from gtn_nas.nni._nao import NAOStrategy
from gtn_nas.nni._tpe import TPEStrategy
from gtn_nas.search import check_strategy
from gtn_nas.strategies import find_coding

POPULATION, TOURNAMENT = 20, 5
"""NNI's own are 100 and 25: a search of a hundred trials would never leave the random start."""


def new_strategy(name: str, space: str, seed: int) -> Any:
    """Return a fresh NNI exploration strategy.

    Args:
        name: `random`, `evolution`, `tpe` or `nao`.
        space: the name of the search space.
        seed: of everything random; the same seed makes the same proposals.

    Raises:
        UnknownNameError: there is no such strategy or search space.
    """
    check_strategy(name)
    places = len(find_coding(space).choices)
    numpy_seed = derive_seed(seed, "strategy") % 2**32
    if name == "random":
        return Random(seed=numpy_seed)
    if name == "evolution":
        return RegularizedEvolution(
            population_size=POPULATION, sample_size=TOURNAMENT, mutation_prob=1 / places, seed=numpy_seed
        )
    return TPEStrategy(seed=numpy_seed) if name == "tpe" else NAOStrategy(seed=seed)
