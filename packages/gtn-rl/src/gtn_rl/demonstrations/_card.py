"""Where demonstrations come from and what they reached."""

from typing import Annotated, Any

from pydantic import Field

from gtn_core._specification import Size, Specification
from gtn_rl.policies import MLPFamily

Count = Annotated[int, Field(ge=0)]


class RecordedReturns(Specification):
    """Returns in the real environment of fresh policies after their inner loop.

    Attributes:
        mean: over policies, of each one's mean over episodes; most likely actions.
        low: of the mean's 95 % interval.
        high: of it.
        worst_tenth: mean of the lowest tenth of the policies.
        sampled_mean: the mean where actions are drawn from the policies; null where not measured.
        untaught_mean: the mean of the same policies before the inner loop.
        policies: how many.
        episodes: of each.
        seed: repeats the measurement.
        family: of the policies.
    """

    mean: float
    low: float
    high: float
    worst_tenth: float
    sampled_mean: float | None
    untaught_mean: float
    policies: Size
    episodes: Size
    seed: int
    family: MLPFamily


class Card(Specification):
    """How demonstrations were made.

    Attributes:
        env_id: the real environment.
        recipe: settings of meta-training.
        seed: of meta-training.
        outer_steps: taken.
        real_steps: steps in the real environment that meta-training learnt from.
        validation_steps: further ones that it was only watched by.
        versions: of the packages that matter.
        results: by the name of the family they were measured on.
    """

    env_id: str | None = None
    recipe: dict[str, Any] | None = None
    seed: int | None = None
    outer_steps: Count | None = None
    real_steps: Count | None = None
    validation_steps: Count | None = None
    versions: dict[str, str] = Field(default_factory=dict)
    results: dict[str, RecordedReturns] = Field(default_factory=dict)
