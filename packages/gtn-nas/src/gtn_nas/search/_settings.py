"""What a search is: how genotypes are scored and chosen, as plain values that can be written down."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

from gtn_core import Teacher
from gtn_core.errors import ConfigurationError, UnknownNameError
from gtn_nas.evaluation import Evaluation, GTNEvaluation, ScoreName
from gtn_nas.spaces import Space, find_space

STRATEGIES = ("random", "evolution", "tpe", "nao")
ENGINES = ("sequential", "local")


@dataclass(frozen=True)
class EvaluationSettings:
    """How genotypes are scored by a teacher.

    Attributes:
        teacher: a folder, a shipped name or a Hub id.
        space: the name of the search space.
        width: channels or filters of the networks; the space's own default unless given.
        cells: a stage; the space's own default unless given.
        seeds: fresh networks a genotype.
        score: accuracy, loss or area.
        steps: inner steps; the teacher's T unless given.
        data: source of the real data; what the teacher was made for unless given.
        device: where to compute.
        seed: of initial values and batches.

    Example:
        >>> settings = EvaluationSettings("digits", "nb201", width=4, cells=1, seeds=1)
        >>> settings.networks()
        NB201Space(channels=4, cells=1, variant='gtn')
        >>> settings.build()("|nor_conv_3x3~0|+|none~0|none~1|+|none~0|skip_connect~1|none~2|").score > 0.5
        True
    """

    teacher: str
    space: str
    width: int | None = None
    cells: int | None = None
    seeds: int = 1
    score: ScoreName = "accuracy"
    steps: int | None = None
    data: str | None = None
    device: str = "cpu"
    seed: int = 0

    def networks(self) -> Space[Any]:
        """Return the search space, at the size of the networks to be trained.

        Raises:
            UnknownNameError: there is no such search space.
        """
        width = "filters" if self.space == "nao" else "channels"
        sizes = {width: self.width, "cells": self.cells}
        return find_space(self.space)(**{name: size for name, size in sizes.items() if size is not None})

    def resolved(self) -> "EvaluationSettings":
        """Return the settings with the data named that the teacher was made for, unless others are.

        Raises:
            ConfigurationError: the teacher does not say which data it is for, and none are named.
            TeacherError: there is no such teacher.
        """
        source = self.data or Teacher.from_pretrained(self.teacher).card.data.source
        if source is None:
            raise ConfigurationError(
                f"teacher {self.teacher} does not say which real data it is for: name them (--data)"
            )
        return replace(self, data=source)

    def build(self, on_step: Callable[[], None] | None = None) -> Evaluation:
        """Load teacher and data, and return the evaluation.

        Raises:
            ConfigurationError: as for `resolved`.
            TeacherError: there is no such teacher, or the data's images or classes are not those it is for.
        """
        space, source = self.networks(), self.resolved().data
        assert source is not None
        teacher = Teacher.from_pretrained(self.teacher).to(self.device)
        data = teacher.card.data.load(source, self.device, teacher.normalization)
        return GTNEvaluation(
            teacher, data, space, seeds=self.seeds, score=self.score, steps=self.steps, seed=self.seed, on_step=on_step
        )

    def as_dict(self) -> dict[str, Any]:
        """Return the settings by name."""
        return asdict(self)


def check_strategy(name: str) -> None:
    """Raise `UnknownNameError` unless there is such a strategy."""
    if name not in STRATEGIES:
        raise UnknownNameError("strategy", name, STRATEGIES)


def check_engine(name: str) -> None:
    """Raise `UnknownNameError` unless there is such an engine."""
    if name not in ENGINES:
        raise UnknownNameError("engine", name, ENGINES)
