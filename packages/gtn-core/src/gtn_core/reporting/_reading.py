"""Reading what a run measured at its end: every value is checked before anything is drawn from it.

Unknown keys are let through, so that a report can be built of a run that a later version added something to.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, FiniteFloat, ValidationError

from gtn_core._specification import Fraction, first_problem
from gtn_core.errors import RunError


class _Content(BaseModel):
    model_config = ConfigDict(frozen=True)


class Measured(_Content):
    """A mean with its 95 % interval, from 0 to 1."""

    mean: Fraction
    low: Fraction
    high: Fraction


class ArmResult(Measured):
    """What the fresh learners of one arm reached."""

    accuracies: tuple[Fraction, ...] = ()


class Evaluation(_Content):
    """The content of `evaluation.json`."""

    arms: dict[str, ArmResult]
    curves: dict[str, tuple[Measured, ...]] = {}
    schedules: dict[str, dict[str, tuple[FiniteFloat, ...]]] = {}
    learners: tuple[str, ...] = ()
    count: int | None = None
    split: str = "test"


def checked_evaluation(content: Mapping[str, Any], origin: str) -> Evaluation:
    """Return the evaluation that a parsed `evaluation.json` holds.

    Raises:
        RunError: it is damaged; `origin` says in the message where it came from.
    """
    try:
        return Evaluation.model_validate(content)
    except ValidationError as error:
        raise RunError(f"{origin} is damaged: {first_problem(error)}") from error
