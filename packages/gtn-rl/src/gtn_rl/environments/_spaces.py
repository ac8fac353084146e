"""The spaces of a real environment, as an artefact's card holds them."""

from collections.abc import Sequence
from math import inf, isfinite
from typing import Annotated, Literal

import gymnasium as gym
import numpy as np
from gymnasium import spaces
from pydantic import Field, model_validator

from gtn_core._specification import Size, Specification
from gtn_core.errors import ConfigurationError

Bounds = Annotated[tuple[float | None, ...], Field(min_length=1, max_length=4096)]
"""One a value; null where there is none."""


class BoxSpecification(Specification):
    """A vector of numbers, each with its bounds.

    Example:
        >>> BoxSpecification(low=(-1.0, None), high=(1.0, None)).space()
        Box([ -1. -inf], [ 1. inf], (2,), float32)
    """

    type: Literal["box"] = "box"
    low: Bounds
    high: Bounds

    @model_validator(mode="after")
    def _fit(self) -> "BoxSpecification":
        if len(self.low) != len(self.high):
            raise ValueError("low and high need one value for each number")
        if any(low is not None and high is not None and not low < high for low, high in self._pairs()):
            raise ValueError("low must lie below high")
        return self

    @property
    def size(self) -> int:
        """How many numbers."""
        return len(self.low)

    def space(self) -> spaces.Box:
        """Return the Gymnasium space."""
        low = np.array([-inf if bound is None else bound for bound in self.low], dtype=np.float32)
        high = np.array([inf if bound is None else bound for bound in self.high], dtype=np.float32)
        return spaces.Box(low, high, dtype=np.float32)

    def _pairs(self) -> list[tuple[float | None, float | None]]:
        return list(zip(self.low, self.high, strict=True))


class DiscreteSpecification(Specification):
    """A choice among so many actions."""

    type: Literal["discrete"] = "discrete"
    actions: Size
    start: int = 0

    @property
    def size(self) -> int:
        """How many actions to choose from."""
        return self.actions

    def space(self) -> spaces.Discrete:
        """Return the Gymnasium space."""
        return spaces.Discrete(self.actions, start=self.start)


class SpacesSpecification(Specification):
    """What goes into an environment and what comes out of it."""

    observations: BoxSpecification
    actions: Annotated[BoxSpecification | DiscreteSpecification, Field(discriminator="type")]

    @model_validator(mode="after")
    def _bounded_actions(self) -> "SpacesSpecification":
        if isinstance(self.actions, BoxSpecification) and None in (*self.actions.low, *self.actions.high):
            raise ValueError("continuous actions need bounds")
        return self

    def differs_from(self, env_id: str) -> str:
        """Return how these spaces differ from a real environment's, or nothing."""
        real = spaces_of(env_id)
        for name in ("observations", "actions"):
            if (ours := getattr(self, name)) != (theirs := getattr(real, name)):
                return f"its {name} are {ours.space()}, those of {env_id} are {theirs.space()}"
        return ""


def spaces_of(env_id: str) -> SpacesSpecification:
    """Return the spaces of a registered environment.

    Raises:
        ConfigurationError: an agent of ours cannot act in them.

    Example:
        >>> spaces_of("CartPole-v1").actions
        DiscreteSpecification(type='discrete', actions=2, start=0)
    """
    with gym.make(env_id) as env:
        return describe_spaces(env.observation_space, env.action_space, env_id)


def describe_spaces(observations: spaces.Space, actions: spaces.Space, env_id: str) -> SpacesSpecification:
    """Return the description of two Gymnasium spaces.

    Raises:
        ConfigurationError: they are not a vector of numbers, and a vector of bounded numbers or a single choice.
    """
    if not isinstance(observations, spaces.Box) or len(observations.shape) != 1:
        raise ConfigurationError(f"{env_id} has observations {observations}; a generated environment needs a flat Box")
    if isinstance(actions, spaces.Discrete):
        choice = DiscreteSpecification(actions=int(actions.n), start=int(actions.start))
        return SpacesSpecification(observations=_box(observations), actions=choice)
    if isinstance(actions, spaces.Box) and len(actions.shape) == 1 and actions.is_bounded():
        return SpacesSpecification(observations=_box(observations), actions=_box(actions))
    raise ConfigurationError(
        f"{env_id} has actions {actions}; a generated environment needs Discrete or a flat, bounded Box"
    )


def _box(space: spaces.Box) -> BoxSpecification:
    return BoxSpecification(low=_bounds(space.low.tolist()), high=_bounds(space.high.tolist()))


def _bounds(values: Sequence[float]) -> tuple[float | None, ...]:
    # Some spaces write "no bound" as the largest number of their type.
    return tuple(value if isfinite(value) and abs(value) < 1e30 else None for value in values)
