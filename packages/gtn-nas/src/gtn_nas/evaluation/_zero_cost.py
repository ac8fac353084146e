"""Evaluations without training: zero-cost scores of fresh networks, and what a network costs."""

from time import perf_counter
from typing import Any, Literal, TypeAlias, get_args

from gtn_core import RealData
from gtn_core.errors import UnknownNameError
from gtn_core.seeding import derive_seed, generator_for
from gtn_nas.evaluation._few_step import check_counts
from gtn_nas.evaluation._score import Score
from gtn_nas.spaces import Space
from gtn_nas.zero_cost import ZERO_COST

CountName: TypeAlias = Literal["params", "flops"]


class ZeroCostEvaluation:
    """Scores genotypes by a figure of fresh networks and one batch of real images.

    The papers compute these figures on networks of the published size, `NB201Space.published()`.

    Args:
        figure: `synflow`, `naswot`, `jacob_cov` or `grad_norm`; see `gtn_nas.zero_cost`.
        data: real data; a batch of the training split is looked at.
        space: where genotypes are read and networks built.
        batch_size: images in the batch.
        seeds: fresh networks a genotype, each with a batch of its own, whose mean is the score.
        seed: of initial values and batches.

    Raises:
        UnknownNameError: a figure that does not exist.
        DataError: fewer training images than fill a batch.

    Example:
        >>> from gtn_core import RealData
        >>> from gtn_nas import NB201Space, ZeroCostEvaluation
        >>> space = NB201Space(channels=4, cells=1, variant="standard")
        >>> evaluate = ZeroCostEvaluation("synflow", RealData.load("digits"), space)
        >>> evaluate(space.sample(seed=0)).score > 0
        True
    """

    def __init__(
        self,
        figure: str,
        data: RealData,
        space: Space[Any],
        *,
        batch_size: int = 64,
        seeds: int = 1,
        seed: int = 0,
    ) -> None:
        if figure not in ZERO_COST:
            raise UnknownNameError("zero-cost score", figure, ZERO_COST)
        check_counts(seeds=seeds)
        data.require_batch(batch_size)
        self.figure, self.space, self.seed = ZERO_COST[figure], space, seed
        self.image_shape, self.classes = data.image_shape, data.classes
        self.batches = [
            data.train.batch(batch_size, generator_for(seed, "real batch", index)) for index in range(seeds)
        ]

    def __call__(self, genotype: Any) -> Score:
        """Return the score of a genotype, or of its text."""
        start = perf_counter()
        parsed = self.space.parse(genotype)
        figures = []
        for index, batch in enumerate(self.batches):
            seed = derive_seed(self.seed, "initial values", index)
            network = self.space.build(parsed, self.image_shape, self.classes, seed=seed)
            figures.append(self.figure(network.to(batch.images.device), batch))
        return Score.of(figures, perf_counter() - start)


class CostEvaluation:
    """Scores genotypes by what a network costs at the published size: the more, the better.

    Args:
        count: `params` or `flops`.
        space: where genotypes are read.

    Raises:
        UnknownNameError: another count.

    Example:
        >>> from gtn_nas import CostEvaluation, NB201Space
        >>> CostEvaluation("params", NB201Space())("|none~0|+|none~0|none~1|+|none~0|none~1|none~2|").score
        73306.0
    """

    def __init__(self, count: CountName, space: Space[Any]) -> None:
        if count not in get_args(CountName):
            raise UnknownNameError("count", count, get_args(CountName))
        self.count, self.space = count, space

    def __call__(self, genotype: Any) -> Score:
        """Return the score of a genotype, or of its text."""
        start = perf_counter()
        cost = self.space.cost(self.space.parse(genotype))
        return Score.of([float(getattr(cost, self.count))], perf_counter() - start)
