"""All that the report of a generated environment tells, read from the run's folder; and how its returns went."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat

from gtn_core.reporting import Picture, new_figure, picture, style_of
from gtn_core.runs import RunDirectory
from gtn_rl.reporting._record import OuterStep, read_evaluation, read_run


class EnvironmentEvaluation(BaseModel):
    """The content of `evaluation.json`."""

    model_config = ConfigDict(frozen=True)

    returns: Annotated[tuple[FiniteFloat, ...], Field(min_length=1)]
    real_steps: int
    validation_steps: int


@dataclass(frozen=True)
class EnvironmentRecord:
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
    evaluation: EnvironmentEvaluation | None

    @classmethod
    def of(cls, run: RunDirectory) -> "EnvironmentRecord":
        """Read a run.

        Raises:
            RunError: a file is damaged.
        """
        configuration, steps, seconds = read_run(run)
        return cls(run.path, configuration, steps, seconds, read_evaluation(run, EnvironmentEvaluation))


def training_picture(record: EnvironmentRecord) -> Picture | None:
    """Draw returns over steps taken in the real environment."""
    steps = [step for step in record.steps if step.sampled_return is not None]
    if not steps:
        return None
    figure = new_figure(7.6, 3.4)
    axes = figure.subplots()
    axes.plot(
        [step.real_steps for step in steps],
        [step.sampled_return for step in steps if step.sampled_return is not None],
        color=style_of("untrained").color,
        linewidth=0.8,
        label="agents just trained, actions drawn, up to the horizon",
    )
    validated = [step for step in record.steps if step.validation_return is not None]
    axes.plot(
        [step.real_steps for step in validated],
        [step.validation_return for step in validated if step.validation_return is not None],
        **style_of("teacher").line,
        label="fresh agents, most likely actions, whole episodes",
    )
    axes.set(xlabel="steps in the real environment", ylabel="return")
    axes.legend(loc="best")
    caption = "Returns in the real environment of agents that the generated one had just trained, in meta-training."
    return picture("returns", figure, caption, "Line chart of returns over real steps.")
