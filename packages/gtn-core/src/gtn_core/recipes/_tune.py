"""A sweep of inner learning rate and momentum on real data, so that a recipe's initial values fit its learners."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import product

from gtn_core.data import RealData
from gtn_core.errors import ConfigurationError
from gtn_core.evaluation import FewStepAccuracy, RealDataArm, few_step_accuracy
from gtn_core.recipes._recipe import Recipe
from gtn_core.seeding import derive_seed
from gtn_core.teacher import SGDSpecification

LEARNING_RATES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.8)
MOMENTA = (0.0, 0.5, 0.8, 0.9)
MOST_IMAGES = 2000


@dataclass(frozen=True)
class Tuning:
    """One point of the sweep and its few-step validation accuracy on real data."""

    learning_rate: float
    momentum: float
    accuracy: FewStepAccuracy


def tune(
    recipe: Recipe,
    data: RealData,
    *,
    learning_rates: Sequence[float] = LEARNING_RATES,
    momenta: Sequence[float] = MOMENTA,
    count: int = 4,
    seed: int = 0,
    on_point: Callable[[Tuning], None] | None = None,
) -> list[Tuning]:
    """Try every pair of learning rate and momentum on real data at the recipe's T and B; return them best first.

    Args:
        recipe: says T, B and the learner families; its inner optimizer must be SGD.
        data: real data; at most 2,000 of its validation images are judged.
        learning_rates: to try.
        momenta: to try.
        count: fresh learners a point.
        seed: of learners and batches.
        on_point: called with every point when it is measured.

    Raises:
        ConfigurationError: the recipe's inner optimizer has no momentum to sweep.
    """
    if not isinstance(recipe.teacher.inner_optimizer, SGDSpecification):
        raise ConfigurationError("tune sweeps learning rate and momentum of SGD; this recipe's inner optimizer is adam")
    families = [learner.resolve() for learner in recipe.learners]
    judged = replace(data, validation=data.validation.sample(MOST_IMAGES))
    points = []
    for rate, momentum in product(learning_rates, momenta):
        optimizer = SGDSpecification(learning_rate=rate, momentum=momentum)
        specification = recipe.teacher.model_copy(update={"inner_optimizer": optimizer})
        arm = RealDataArm.beside(specification, data.train, data.classes).to(data.train.images.device)
        found = few_step_accuracy(arm, families, judged, count, derive_seed(seed, "tune"), split="validation")
        points.append(Tuning(rate, momentum, found))
        if on_point:
            on_point(points[-1])
    return sorted(points, key=lambda point: -point.accuracy.mean)
