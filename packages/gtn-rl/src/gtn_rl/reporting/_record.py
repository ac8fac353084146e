"""All that a report tells, read from a run's folder: every value is checked before anything is drawn from it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, ValidationError

from gtn_core._specification import first_problem
from gtn_core.errors import RunError
from gtn_core.runs import RunDirectory, outer_loop_seconds, read_steps

METRICS, TIMINGS = "metrics.jsonl", "timings.jsonl"

EvaluationT = TypeVar("EvaluationT", bound=BaseModel)


class _Content(BaseModel):
    """Unknown keys are let through, so that what a later version added something to can still be read."""

    model_config = ConfigDict(frozen=True)


class OuterStep(_Content):
    """A line of `metrics.jsonl`."""

    step: Annotated[int, Field(ge=0)]
    real_steps: Annotated[int, Field(ge=0)]
    gradient_norm: float | None = None
    skipped: Annotated[int, Field(ge=0)] = 0
    rollbacks: Annotated[int, Field(ge=0)] = 0
    sampled_return: Annotated[float | None, Field(alias="return")] = None
    validation_return: float | None = None
    validation_worst_tenth: float | None = None


class FamilyResult(_Content):
    """What fresh policies of one family reached."""

    mean: FiniteFloat
    low: FiniteFloat
    high: FiniteFloat
    worst_tenth: FiniteFloat
    sampled_mean: FiniteFloat | None
    untaught_mean: FiniteFloat
    policies: int
    episodes: int


class Returns(_Content):
    """Of each policy of a family."""

    returns: tuple[FiniteFloat, ...]
    policies: tuple[str, ...]


class Evaluation(_Content):
    """The content of `evaluation.json`."""

    results: dict[str, FamilyResult]
    returns: dict[str, Returns]
    real_steps: int
    validation_steps: int


@dataclass(frozen=True)
class RunRecord:
    """A run, finished or not.

    Attributes:
        path: its folder.
        configuration: how it was started.
        steps: outer steps so far.
        seconds: that they took.
        evaluation: None where the run is not finished.
    """

    path: Path
    configuration: dict[str, Any]
    steps: list[OuterStep]
    seconds: float
    evaluation: Evaluation | None

    @classmethod
    def of(cls, run: RunDirectory) -> "RunRecord":
        """Read a run.

        Raises:
            RunError: it is none of gtn-rl's, or a file is damaged.
        """
        configuration, steps, seconds = read_run(run)
        return cls(run.path, configuration, steps, seconds, read_evaluation(run, Evaluation))

    @property
    def env_id(self) -> str:
        """The real environment."""
        return str(self.configuration["env_id"])

    @property
    def kind(self) -> str:
        """What was made."""
        return str(self.configuration["kind"])


def read_run(run: RunDirectory) -> tuple[dict[str, Any], list[OuterStep], float]:
    """Return a run's configuration, its outer steps so far, and the seconds they took; whatever it makes.

    Raises:
        RunError: it is none of gtn-rl's, or a file is damaged.
    """
    configuration = run.configuration()
    if not {"kind", "env_id"} <= configuration.keys():
        raise RunError(f"{run.path} is no run of gtn-rl; name a folder that `gtn-rl train` wrote")
    return configuration, read_steps(run.path / METRICS, OuterStep), outer_loop_seconds(run.path / TIMINGS)


def read_evaluation(run: RunDirectory, kind: type[EvaluationT]) -> EvaluationT | None:
    """Return the content of a run's `evaluation.json`; None where it is not finished.

    Raises:
        RunError: it is damaged.
    """
    if not run.finished:
        return None
    try:
        return kind.model_validate(run.result())
    except ValidationError as error:
        raise RunError(f"{run.result_path} is damaged: {first_problem(error)}") from error


def flat(content: object, prefix: str = "") -> dict[str, object]:
    """Nested keys as dotted ones."""
    if not isinstance(content, dict):
        return {prefix[:-1]: content}
    return {key: value for name, child in content.items() for key, value in flat(child, f"{prefix}{name}.").items()}
