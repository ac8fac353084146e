"""Few-step accuracy of many fresh learners."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import torch
from torch import nn

from gtn_core.data import RealData, Split
from gtn_core.errors import ConfigurationError, TeacherError
from gtn_core.evaluation._bootstrap import bootstrap_interval
from gtn_core.families import WeightedFamily, draw_learner, find_family
from gtn_core.seeding import derive_seed, generator_for
from gtn_core.teacher import Arm, Teacher
from gtn_core.typing import ImageShape, LearnerFamily
from gtn_core.unroll import State, Unroll

CHUNK = 1000
"""Images judged at once, at most; in batch-norm mode `batch` the evaluation batch, in the split's fixed order."""

SplitName: TypeAlias = Literal["validation", "test"]

LearnerSource: TypeAlias = str | LearnerFamily | Sequence[WeightedFamily]
"""A family's name, a family, or several with weights."""


@dataclass(frozen=True)
class FewStepAccuracy:
    """Accuracies from 0 to 1 of fresh learners after the inner loop, with a 95 % bootstrap interval of their mean."""

    accuracies: tuple[float, ...]
    mean: float
    low: float
    high: float

    @classmethod
    def of(cls, accuracies: Sequence[float]) -> "FewStepAccuracy":
        """Return the summary of single accuracies."""
        return cls(tuple(accuracies), *bootstrap_interval(accuracies))

    def interval(self) -> dict[str, float]:
        """Return mean, low and high, as JSON files hold them."""
        return {"mean": self.mean, "low": self.low, "high": self.high}


def few_step_accuracy(
    arm: Arm,
    learners: LearnerSource,
    data: RealData,
    count: int = 20,
    seed: int = 0,
    *,
    split: SplitName = "test",
    steps: int | None = None,
    on_learner: Callable[[float], None] | None = None,
) -> FewStepAccuracy:
    """Teach fresh learners and judge them on real data.

    Args:
        arm: a teacher, or another arm.
        learners: where the learners are drawn from.
        data: real data; brought into the teacher's normalisation where its own differs.
        count: number of learners.
        seed: of the learners; the same seed and count repeat the same figure.
        split: `test`, or `validation` where something is still to be chosen.
        steps: how many inner steps, T unless given; those beyond the schedule hold its last values.
        on_learner: called with each learner's accuracy, for a progress bar.

    Raises:
        TeacherError: the data's images or classes are not those of the teacher.
    """
    data = fitted(arm, data)
    judged: Split = getattr(data, split)
    accuracies = []
    for unroll in _fresh_unrolls(arm, learners, data.image_shape, count, seed, steps):
        accuracies.append(_accuracy(unroll, unroll.run(), judged))
        if on_learner:
            on_learner(accuracies[-1])
    return FewStepAccuracy.of(accuracies)


def accuracy_curve(
    arm: Arm,
    learners: LearnerSource,
    data: RealData,
    count: int,
    seed: int = 0,
    *,
    split: SplitName = "test",
    steps: int | None = None,
    on_learner: Callable[[float], None] | None = None,
) -> list[FewStepAccuracy]:
    """Return the accuracy after t = 0 ... T (or `steps`) inner steps; arguments as for `few_step_accuracy`."""
    data = fitted(arm, data)
    judged: Split = getattr(data, split)
    rows: list[list[float]] = [[] for _ in range((arm.steps if steps is None else steps) + 1)]
    for unroll in _fresh_unrolls(arm, learners, data.image_shape, count, seed, steps):
        accuracies = _accuracies(unroll, judged)
        for row, accuracy in zip(rows, accuracies, strict=True):
            row.append(accuracy)
        if on_learner:
            on_learner(accuracies[-1])
    return [FewStepAccuracy.of(row) for row in rows]


def resolve_learners(learners: LearnerSource) -> list[WeightedFamily]:
    """Return families with weights for whatever names them.

    Raises:
        UnknownNameError: no installed package has a family of that name.
    """
    if isinstance(learners, str):
        return [WeightedFamily(find_family(learners))]
    return [WeightedFamily(learners)] if callable(learners) else list(learners)


def fitted(arm: Arm, data: RealData) -> RealData:
    """Return the data in a teacher's normalisation; as they are for an arm that has none.

    Raises:
        TeacherError: the data's images or classes are not those of the teacher.
    """
    if not isinstance(arm, Teacher):
        return data
    if data.image_shape != arm.image_shape or data.classes != arm.classes:
        raise TeacherError(
            f"this teacher is for images {list(arm.image_shape)} of {arm.classes} classes; {data.source} has "
            f"{list(data.image_shape)} and {data.classes}. Name data of that form with --data"
        )
    if sorted(data.class_names) == sorted(arm.class_names) and data.class_names != arm.class_names:
        raise TeacherError(
            f"the classes of {data.source} are the teacher's in another order: {', '.join(data.class_names[:3])}, ... "
            f"and {', '.join(arm.class_names[:3])}, ...; number them as the teacher does"
        )
    return data if data.normalization == arm.normalization else data.normalized_by(arm.normalization)


def _fresh_unrolls(
    arm: Arm, learners: LearnerSource, image_shape: ImageShape, count: int, seed: int, steps: int | None
) -> Iterator[Unroll]:
    if count < 1:
        raise ConfigurationError(f"the number of learners must be at least 1; got {count}")
    families = resolve_learners(learners)
    device = next(arm.parameters()).device
    for index in range(count):
        generator = generator_for(seed, "evaluation learner", index)
        learner: nn.Module = draw_learner(families, image_shape, arm.classes, generator).to(device)
        yield arm.unroll(learner, derive_seed(seed, "evaluation unroll", index), steps)


def _accuracies(unroll: Unroll, split: Split) -> list[float]:
    """After every inner step, from none at all to T."""
    found: list[float] = []
    unroll.run(visit=lambda _, state: found.append(_accuracy(unroll, state, split)))
    return found


def _accuracy(unroll: Unroll, state: State, split: Split) -> float:
    correct = torch.zeros((), dtype=torch.int64, device=split.labels.device)
    for images, labels in split.chunks(CHUNK):
        correct += (unroll.evaluate(state, images).argmax(dim=1) == labels).sum()
    return int(correct) / len(split)
