"""Evaluations that train a fresh network for a few steps: what the teacher's and real data's have in common."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from statistics import fmean
from time import perf_counter
from typing import Any, Literal, NamedTuple, TypeAlias, get_args

from gtn_core.data import RealData, Split
from gtn_core.errors import ConfigurationError, UnknownNameError
from gtn_core.seeding import derive_seed
from gtn_core.typing import BatchNormMode
from gtn_nas.evaluation._score import Score
from gtn_nas.evaluation._training import MEMORY_FORMAT, Course, Judgement, judge, train
from gtn_nas.spaces import Space

ScoreName: TypeAlias = Literal["accuracy", "loss", "area", "training_loss"]
CURVE_POINTS = 8


class FewStepEvaluation(ABC):
    """Scores a genotype by what fresh networks of it know after a few steps, on real validation images.

    Every genotype meets the same seeds: initial values are drawn from the same streams, batches are the same.

    Args:
        data: real data; their validation split judges.
        space: where genotypes are read and networks built.
        seeds: fresh networks a genotype, whose mean is the score.
        score: `accuracy`; `loss`, the negative mean cross entropy; `area`, the mean accuracy at eight moments
            equally far apart, the last of them the end, which takes seven more passes over the validation images; or
            `training_loss`, the negative mean of the training losses of all steps, after Ru et al., "Speedy performance
            estimation for neural architecture search" (2021).
        batch_norm: what batch norm uses when a network is judged; see `gtn_core.batch_norm`.
        images: validation images to judge by, at most; null for all.
        seed: of initial values, and of batches where these are random.
        on_step: called after every step, for example to stop between two.

    Raises:
        UnknownNameError: a score or batch-norm mode that does not exist.
        ConfigurationError: a number below 1.
    """

    def __init__(
        self,
        data: RealData,
        space: Space[Any],
        *,
        seeds: int,
        score: ScoreName,
        batch_norm: BatchNormMode,
        images: int | None,
        seed: int,
        on_step: Callable[[], None] | None,
    ) -> None:
        for kind, name, allowed in (
            ("score", score, get_args(ScoreName)),
            ("batch-norm mode", batch_norm, get_args(BatchNormMode)),
        ):
            if name not in allowed:
                raise UnknownNameError(kind, name, allowed)
        check_counts(seeds=seeds, images=images)
        self.space, self.seeds, self.score, self.batch_norm = space, seeds, score, batch_norm
        self.image_shape, self.classes = data.image_shape, data.classes
        judged = data.validation if images is None else data.validation.sample(images)
        self.judged = Split(judged.images.contiguous(memory_format=MEMORY_FORMAT), judged.labels)
        self.seed, self.on_step = seed, on_step

    @abstractmethod
    def course(self, index: int) -> Course:
        """Return what the network of a seed, 0 ... seeds - 1, goes through."""

    def __call__(self, genotype: Any) -> Score:
        """Train a fresh network of the genotype for each seed and return its score.

        Args:
            genotype: of the space, or its text.

        Raises:
            ConfigurationError: the text is no genotype of the space.
        """
        start = perf_counter()
        parsed = self.space.parse(genotype)
        lessons = [self._lesson(parsed, index) for index in range(self.seeds)]
        return Score.of(
            [self._figure(lesson) for lesson in lessons],
            seconds=perf_counter() - start,
            accuracies=tuple(lesson.curve[-1].accuracy for lesson in lessons),
            losses=tuple(lesson.curve[-1].loss for lesson in lessons),
            areas=tuple(area_under(lesson.curve) for lesson in lessons) if self.score == "area" else (),
            training_losses=tuple(lesson.training_loss for lesson in lessons),
        )

    def _figure(self, lesson: "Lesson") -> float:
        end = lesson.curve[-1]
        if self.score == "loss" or not end.finite:  # a diverged network still has an accuracy, which means nothing
            return -end.loss
        if self.score == "training_loss":
            return -lesson.training_loss
        return area_under(lesson.curve) if self.score == "area" else end.accuracy

    def _lesson(self, genotype: Any, index: int) -> "Lesson":
        """Train one fresh network and return what was measured."""
        course = self.course(index)
        seed = derive_seed(self.seed, "initial values", index)
        network = self.space.build(genotype, self.image_shape, self.classes, seed=seed)
        network.to(self.judged.images.device, memory_format=MEMORY_FORMAT)  # type: ignore[call-overload]
        moments = moments_of(course.steps) if self.score == "area" else {course.steps}
        curve: list[Judgement] = []

        def after_step(done: int) -> None:
            if done in moments:
                curve.append(judge(network, self.judged, course.batch_norm))
            if self.on_step:
                self.on_step()

        losses = train(network, course, after_step)
        return Lesson(curve, losses.mean().item())


class Lesson(NamedTuple):
    """What was measured of one fresh network.

    Attributes:
        curve: its judgements, the last of them at the end.
        training_loss: mean over all steps.
    """

    curve: list[Judgement]
    training_loss: float


def area_under(curve: Sequence[Judgement]) -> float:
    """Return the mean accuracy of a curve."""
    return fmean(point.accuracy for point in curve)


def moments_of(steps: int) -> set[int]:
    """Return the numbers of steps after which the few-step curve is measured.

    Example:
        >>> sorted(moments_of(32))
        [4, 8, 12, 16, 20, 24, 28, 32]
        >>> sorted(moments_of(3))
        [1, 2, 3]
    """
    return {-(-steps * point // CURVE_POINTS) for point in range(1, CURVE_POINTS + 1)}


def check_counts(**counts: int | None) -> None:
    """Raise `ConfigurationError` unless every number that is given is at least 1."""
    for name, count in counts.items():
        if count is not None and count < 1:
            raise ConfigurationError(f"{name} must be at least 1; got {count}")
