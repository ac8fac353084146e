"""What every study has: a name, a question, a place in the paper, and a result."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from gtn_core.errors import UnknownNameError
from gtn_core.recipes import Recipe
from gtn_core.studies._arm import StudyArm
from gtn_core.studies._result import AnyChart, Table
from gtn_core.studies._workshop import Workshop


@dataclass(frozen=True)
class Findings:
    """What a study found; see `StudyResult`."""

    tables: tuple[Table, ...]
    charts: tuple[AnyChart, ...]
    sentences: tuple[str, ...]
    raw: dict[str, object]


class Study(ABC):
    """One experiment.

    Attributes:
        name: as the command takes it.
        question: what it asks.
        paper: where the paper asks it, or that it does not.
    """

    name: ClassVar[str]
    question: ClassVar[str]
    paper: ClassVar[str]

    @abstractmethod
    def arms(self, recipe: Recipe) -> list[StudyArm]:
        """Return the arms, resolved from a recipe."""

    @abstractmethod
    def conduct(self, arms: Sequence[StudyArm], workshop: Workshop) -> Findings:
        """Do what is not done yet, and say what came out."""


def chosen(arms: Sequence[StudyArm], names: Sequence[str]) -> list[StudyArm]:
    """Return the arms of these names, all where none is named.

    Raises:
        UnknownNameError: an arm of another study, or of none.
    """
    known = {arm.name: arm for arm in arms}
    for name in names:
        if name not in known:
            raise UnknownNameError("arm", name, known)
    return [arm for arm in arms if arm.name in names] if names else list(arms)
