"""Parallel environments as meta-training meets them: re-seeded at will, every step counted, one meaning of a step.

The three ways in which Gymnasium's vector environments begin a new episode (`AutoresetMode`) differ in what an
observation after an episode's end is. Here a step always says which state truly followed, and from which state to act
next.
"""

from types import TracebackType
from typing import Any, NamedTuple

import gymnasium
import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv
from numpy.typing import NDArray

from gtn_core.errors import ConfigurationError, UnknownNameError


class Transition(NamedTuple):
    """What one step of N environments gave."""

    successors: NDArray[np.float32]
    """The states `[N, D]` that truly followed, the last of an episode among them."""
    rewards: NDArray[np.float64]
    """`[N]`."""
    terminated: NDArray[np.bool_]
    """`[N]`: the episode is over by itself, and nothing follows."""
    truncated: NDArray[np.bool_]
    """`[N]`: the episode was cut off, and more would have followed."""
    valid: NDArray[np.bool_]
    """`[N]`: false where the environment only began a new episode (`NEXT_STEP`), which is no step of it."""
    observations: NDArray[np.float32]
    """The states `[N, D]` to act in next, the first of a new episode among them."""


class Environments:
    """N copies of an environment.

    Args:
        vector: any Gymnasium vector environment that says its `autoreset_mode`.

    Attributes:
        steps: environment steps taken so far, over all copies. Those beyond what was asked of a copy (when others still
            go on) count too, since they were simulated.
    """

    def __init__(self, vector: VectorEnv[Any, Any, Any]) -> None:
        self.vector = vector
        self.steps = 0
        self._mode = _autoreset_mode(vector)
        self._ended = np.zeros(vector.num_envs, dtype=np.bool_)

    @classmethod
    def make(cls, env_id: str, count: int, **keywords: Any) -> "Environments":
        """Return copies of a registered environment, stepped one after the other in this process.

        Args:
            env_id: as `gymnasium.make` has it.
            count: N.
            **keywords: of the environment.

        Raises:
            UnknownNameError: no such environment; names the nearest.
            ConfigurationError: the environment cannot be made.
        """
        check_env_id(env_id)
        try:
            vector = gymnasium.make_vec(
                env_id,
                count,
                vectorization_mode="sync",
                vector_kwargs={"autoreset_mode": AutoresetMode.SAME_STEP},
                **keywords,
            )
        except (gymnasium.error.Error, ImportError, TypeError, AttributeError) as error:
            reason = str(error).strip().splitlines()[0]
            raise ConfigurationError(f"environment {env_id!r} cannot be made: {reason}") from error
        return cls(vector)

    def __len__(self) -> int:
        return int(self.vector.num_envs)

    def __enter__(self) -> "Environments":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.vector.close()

    def reset(self, seed: int) -> NDArray[np.float32]:
        """Begin new episodes in all copies, and seed all that is random in them from here on.

        Returns:
            Observations `[N, D]`.
        """
        self._ended[:] = False
        observations, _ = self.vector.reset(seed=seed)
        return np.array(observations, dtype=np.float32)

    def step(self, actions: NDArray[np.generic]) -> Transition:
        """Take one step in every copy."""
        valid = ~self._ended if self._mode is AutoresetMode.NEXT_STEP else np.ones(len(self), dtype=np.bool_)
        observations, rewards, terminated, truncated, infos = self.vector.step(actions)
        self.steps += int(valid.sum())
        ended = np.logical_or(terminated, truncated)
        successors = np.array(observations, dtype=np.float32)
        following = successors
        if self._mode is AutoresetMode.SAME_STEP and ended.any():
            following = successors.copy()
            successors[ended] = np.stack([infos["final_obs"][index] for index in np.flatnonzero(ended)])
        elif self._mode is AutoresetMode.DISABLED and ended.any():
            begun, _ = self.vector.reset(options={"reset_mask": ended.copy()})
            following = np.array(begun, dtype=np.float32)
        self._ended = ended
        return Transition(
            successors,
            np.array(rewards, dtype=np.float64),
            np.array(terminated),
            np.array(truncated),
            valid,
            following,
        )


def check_env_id(env_id: str) -> None:
    """Raise where Gymnasium has no environment of this name.

    Raises:
        UnknownNameError: with the nearest names.

    Example:
        >>> check_env_id("CartPol-v1")
        Traceback (most recent call last):
        ...
        gtn_core.errors.UnknownNameError: unknown environment 'CartPol-v1'; did you mean 'CartPole-v1'? ...
    """
    module, _, name = env_id.rpartition(":")
    if name in gymnasium.registry:
        return
    if module:  # which registers its own when it is imported
        try:
            gymnasium.spec(env_id)
        except (gymnasium.error.Error, ImportError) as error:
            reason = str(error).strip().splitlines()[0]
            raise ConfigurationError(f"environment {env_id!r} cannot be found: {reason}") from error
        return
    raise UnknownNameError("environment", env_id, _newest(gymnasium.registry), "Or name a module first: module:Name-v0")


def recorded_env_id(env_id: str) -> str:
    """Return an environment's name that stands in an artefact, which may come from anybody.

    Gymnasium imports the module in `module:Name-v0`, and with it whatever the module does: that is for the user to ask.

    Raises:
        ConfigurationError: the name has a module.

    Example:
        >>> recorded_env_id("CartPole-v1")
        'CartPole-v1'
    """
    if ":" in env_id:
        module = env_id.partition(":")[0]
        raise ConfigurationError(
            f"the artefact asks for module {module[:100]!r} to be imported, for its environment {env_id[:200]!r}; if "
            "you trust it, name the environment yourself (--env-id)"
        )
    return env_id


def _newest(names: Any) -> list[str]:
    """The last version of every environment, without other packages' bridges, so that the list can be read."""
    latest: dict[str, tuple[int, str]] = {}
    for name in names:
        stem, _, version = name.rpartition("-v")
        if not version.isdigit() or ("/" in stem and not stem.startswith("gtn/")):
            continue
        latest[stem] = max(latest.get(stem, (-1, "")), (int(version), name))
    return [name for _, name in latest.values()]


def _autoreset_mode(vector: VectorEnv[Any, Any, Any]) -> AutoresetMode:
    mode = vector.metadata.get("autoreset_mode")
    if not isinstance(mode, AutoresetMode):
        raise ConfigurationError(
            f"{vector} does not say how it begins new episodes; its metadata['autoreset_mode'] must be an AutoresetMode"
        )
    return mode
