"""Evaluations that train a fresh network for a few steps: what the teacher's and real data's have in common."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from statistics import fmean
from time import perf_counter
from typing import Any, Literal, TypeAlias, get_args

from gtn_core.data import RealData
from gtn_core.errors import ConfigurationError, UnknownNameError
from gtn_core.seeding import derive_seed
from gtn_core.typing import BatchNormMode
from gtn_nas.evaluation._score import Score
from gtn_nas.evaluation._training import Course, Judgement, judge, train
from gtn_nas.spaces import Space

ScoreName: TypeAlias = Literal["accuracy", "loss", "area"]
CURVE_POINTS = 8


class FewStepEvaluation(ABC):
    """Scores a genotype by what fresh networks of it know after a few steps, on real validation images.

    Every genotype meets the same seeds: initial values are drawn from the same streams, batches are the same.

    Args:
        data: real data; their validation split judges.
        space: where genotypes are read and networks built.
        seeds: fresh networks a genotype, whose mean is the score.
        score: `accuracy`; `loss`, the negative mean cross entropy; or `area`, the mean accuracy at eight moments
            equally far apart, the last of them the end, which takes seven more passes over the validation images.
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
        self.judged = data.validation if images is None else data.validation.sample(images)
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
        curves = [self._curve(parsed, index) for index in range(self.seeds)]
        return Score.of(
            [self._figure(curve) for curve in curves],
            seconds=perf_counter() - start,
            accuracies=tuple(curve[-1].accuracy for curve in curves),
            losses=tuple(curve[-1].loss for curve in curves),
            areas=tuple(map(area_under, curves)) if self.score == "area" else (),
        )

    def _figure(self, curve: Sequence[Judgement]) -> float:
        end = curve[-1]
        if self.score == "loss" or not end.finite:  # a diverged network still has an accuracy, which means nothing
            return -end.loss
        return area_under(curve) if self.score == "area" else end.accuracy

    def _curve(self, genotype: Any, index: int) -> list[Judgement]:
        """Return the judgements of one fresh network, the last of them at the end."""
        course = self.course(index)
        seed = derive_seed(self.seed, "initial values", index)
        network = self.space.build(genotype, self.image_shape, self.classes, seed=seed)
        network.to(self.judged.images.device)
        moments = moments_of(course.steps) if self.score == "area" else {course.steps}
        curve: list[Judgement] = []

        def after_step(done: int) -> None:
            if done in moments:
                curve.append(judge(network, self.judged, course.batch_norm))
            if self.on_step:
                self.on_step()

        train(network, course, after_step)
        return curve


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
