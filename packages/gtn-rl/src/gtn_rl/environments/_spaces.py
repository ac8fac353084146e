"""The spaces of a real environment, which the generated one shares."""

from typing import Any

import gymnasium as gym
from gymnasium import spaces
from pydantic import model_validator

from gtn_core._specification import Specification
from gtn_core.errors import ConfigurationError
from gtn_rl.policies import observation_size
from gtn_rl.rollouts import check_env_id
from gtn_rl.spaces import SpaceDescription


class SpacesSpecification(Specification):
    """What goes into an environment and what comes out of it.

    Attributes:
        observations: a vector of numbers.
        actions: a choice, or a vector of numbers within bounds.

    Raises:
        ConfigurationError: the spaces are of other kinds.
    """

    observations: SpaceDescription
    actions: SpaceDescription

    @model_validator(mode="after")
    def _suited(self) -> "SpacesSpecification":
        observation_size(self.observations.space())
        actions = self.actions.space()
        if isinstance(actions, spaces.Box) and not actions.is_bounded():
            raise ConfigurationError(f"actions {actions} have no bounds; a generated environment needs them")
        return self

    @property
    def discrete(self) -> bool:
        """Whether an action is a choice."""
        return self.actions.kind == "discrete"

    @property
    def observation_size(self) -> int:
        """Numbers of an observation."""
        return observation_size(self.observations.space())

    @property
    def action_size(self) -> int:
        """Actions to choose from, or numbers of an action."""
        return self.actions.n or len(self.actions.low or ())

    def differs_from(self, env_id: str) -> str:
        """Return how these spaces differ from a real environment's, or nothing."""
        real = spaces_of(env_id)
        for name in ("observations", "actions"):
            if (ours := getattr(self, name)) != (theirs := getattr(real, name)):
                return f"its {name} are {ours}, those of {env_id} are {theirs}"
        return ""


def spaces_of(env_id: str) -> SpacesSpecification:
    """Return the spaces of a registered environment.

    Raises:
        UnknownNameError: no such environment.
        ConfigurationError: no generated environment can have its spaces.

    Example:
        >>> spaces_of("CartPole-v1").action_size
        2
    """
    check_env_id(env_id)
    real: gym.Env[Any, Any] = gym.make(env_id)
    real.close()
    return SpacesSpecification(
        observations=SpaceDescription.of(real.observation_space), actions=SpaceDescription.of(real.action_space)
    )
