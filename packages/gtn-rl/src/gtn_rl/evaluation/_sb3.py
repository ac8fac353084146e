"""Agents of Stable-Baselines3, the outside client, with its default hyper-parameters; imported only when asked for."""

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import Any, Literal, NamedTuple, TypeAlias

import gymnasium as gym
import numpy as np
import torch
from torch import Tensor

from gtn_core.errors import ConfigurationError, GTNError, UnknownNameError
from gtn_core.seeding import seeded

AgentName: TypeAlias = Literal["ppo", "dqn", "a2c", "sac"]


class AgentKind(NamedTuple):
    """An algorithm of Stable-Baselines3 and the actions it can take."""

    algorithm: str
    discrete: bool
    continuous: bool


AGENTS: dict[str, AgentKind] = {
    "ppo": AgentKind("PPO", discrete=True, continuous=True),
    "dqn": AgentKind("DQN", discrete=True, continuous=False),
    "a2c": AgentKind("A2C", discrete=True, continuous=True),
    "sac": AgentKind("SAC", discrete=False, continuous=True),
}

Visit: TypeAlias = Callable[[int, Callable[[Tensor], Tensor]], None]
"""Called with the steps taken so far and the policy, from observations `[N, D]` to actions."""


def check_agent(agent: str, actions: gym.Space[Any]) -> None:
    """Raise where there is no such agent, or the actions do not suit it.

    Raises:
        UnknownNameError: with the nearest name.
        ConfigurationError: with the agents that would do.

    Example:
        >>> check_agent("dqn", gym.spaces.Box(-1.0, 1.0, (1,)))
        Traceback (most recent call last):
        ...
        gtn_core.errors.ConfigurationError: agent 'dqn' cannot take continuous actions; use ppo, a2c or sac
    """
    if agent not in AGENTS:
        raise UnknownNameError("agent", agent, AGENTS)
    kind = "discrete" if isinstance(actions, gym.spaces.Discrete) else "continuous"
    if not getattr(AGENTS[agent], kind):
        suited = [name for name, one in AGENTS.items() if getattr(one, kind)]
        raise ConfigurationError(
            f"agent {agent!r} cannot take {kind} actions; use {', '.join(suited[:-1])} or {suited[-1]}"
        )


def train_agent(
    agent: str, environment: gym.Env[Any, Any], steps: int, seed: int, visits: Sequence[int], visit: Visit
) -> int:
    """Train a fresh agent and let `visit` see it on the way.

    Args:
        agent: a name of `AGENTS`.
        environment: to train in.
        steps: at most so many; agents that learn from whole roll-outs stop at the last whole one, after one at least.
        seed: of agent and environment.
        visits: after how many steps to show the policy; the end is always shown.
        visit: sees it.

    Returns:
        The steps taken.

    Raises:
        GTNError: Stable-Baselines3 is not installed.
    """
    check_agent(agent, environment.action_space)
    library = import_sb3()
    with _globals_restored(seed):
        model = getattr(library, AGENTS[agent].algorithm)("MlpPolicy", environment, seed=seed, device="cpu")
        rollout = getattr(model, "n_steps", 1)
        total = max(1, steps // rollout) * rollout
        model.learn(total, callback=_visitor(model, sorted(set(visits)), visit))
        visit(model.num_timesteps, _policy(model))
        return int(model.num_timesteps)


def import_sb3() -> Any:
    """Return the library.

    Raises:
        GTNError: it is not installed.
    """
    try:
        return import_module("stable_baselines3")
    except ImportError as error:
        raise GTNError("agents come from Stable-Baselines3, which is missing: pip install 'gtn-rl[sb3]'") from error


def _visitor(model: Any, visits: list[int], visit: Visit) -> Any:
    """Return a callback for the moments between an update and the next roll-out."""
    base = import_module("stable_baselines3.common.callbacks").BaseCallback

    class Visitor(base):  # type: ignore[misc, valid-type]
        """Shows the policy when a number of steps has been reached."""

        def _on_rollout_start(self) -> None:
            while visits and visits[0] <= model.num_timesteps:
                due = visits.pop(0)
                if not visits or visits[0] > model.num_timesteps:
                    visit(due if due else 0, _policy(model))

        def _on_step(self) -> bool:
            return True

    return Visitor()


def _policy(model: Any) -> Callable[[Tensor], Tensor]:
    """Return the deterministic policy."""

    def act(observations: Tensor) -> Tensor:
        actions, _ = model.predict(observations.numpy(), deterministic=True)
        return torch.from_numpy(np.asarray(actions))

    return act


@contextmanager
def _globals_restored(seed: int) -> Iterator[None]:
    """Stable-Baselines3 seeds the global generators; put them back."""
    before, numpy_before = random.getstate(), np.random.get_state()  # noqa: NPY002
    try:
        with seeded(seed):
            yield
    finally:
        random.setstate(before)
        np.random.set_state(numpy_before)  # noqa: NPY002
