"""Acting in environments and keeping what happened, as tensors."""

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gtn_rl.rollouts._environments import Environments

ActFunction: TypeAlias = Callable[[Tensor], Tensor]
"""From observations `[N, D]` to actions `[N]` or `[N, A]`."""

ToEnvironment: TypeAlias = Callable[[Tensor], NDArray[np.generic]]
"""From such actions to those of the action space; see `gtn_rl.policies.Head.to_environment`."""


class Trajectories(NamedTuple):
    """T steps of N environments; episodes follow one another. D values an observation, A of a continuous action."""

    observations: Tensor
    """`[T, N, D]`: the states acted in."""
    actions: Tensor
    """`[T, N]` or `[T, N, A]`."""
    rewards: Tensor
    """`[T, N]`."""
    successors: Tensor
    """`[T, N, D]`: the states that truly followed, the last of each episode among them."""
    terminated: Tensor
    """`[T, N]`, bool: nothing follows the successor."""
    truncated: Tensor
    """`[T, N]`, bool: the episode was cut off there."""
    valid: Tensor
    """`[T, N]`, bool: false where the environment only began a new episode."""

    @property
    def ended(self) -> Tensor:
        """`[T, N]`, bool: the last step of an episode."""
        return self.terminated | self.truncated


class Episodes(NamedTuple):
    """One whole episode of each of N environments."""

    returns: Tensor
    """`[N]`: sums of rewards, not discounted."""
    lengths: Tensor
    """`[N]`: steps."""


def collect(
    environments: Environments,
    act: ActFunction,
    steps: int,
    seed: int,
    to_environment: ToEnvironment,
    *,
    device: torch.device | str = "cpu",
) -> Trajectories:
    """Begin new episodes and act for a number of steps.

    Args:
        environments: N copies.
        act: what to do; called with observations on `device`.
        steps: T.
        seed: of the environments.
        to_environment: makes an environment's actions of those of `act`.
        device: of the observations and of the result.

    Returns:
        Single-precision trajectories.
    """
    observations = environments.reset(seed)
    kept: list[tuple[Tensor, ...]] = []
    for _ in range(steps):
        states = torch.from_numpy(observations).to(device)
        actions = act(states)
        taken = environments.step(to_environment(actions))
        numbers = (taken.rewards.astype(np.float32), taken.successors, taken.terminated, taken.truncated, taken.valid)
        kept.append((states, actions, *(torch.from_numpy(array) for array in numbers)))
        observations = taken.observations
    stacked = (torch.stack(column).to(device) for column in zip(*kept, strict=True))
    return Trajectories(*stacked)


def whole_episodes(
    environments: Environments,
    act: ActFunction,
    seed: int,
    to_environment: ToEnvironment,
    *,
    longest: int = 100_000,
    device: torch.device | str = "cpu",
) -> Episodes:
    """Act until the first episode of every environment is over.

    Args:
        environments: N copies.
        act: what to do.
        seed: of the environments.
        to_environment: makes an environment's actions of those of `act`.
        longest: where an episode that does not end is cut off.
        device: where `act` computes.

    Returns:
        Double-precision returns and lengths, on the CPU.
    """
    observations = environments.reset(seed)
    returns, lengths = np.zeros(len(environments)), np.zeros(len(environments), dtype=np.int64)
    going = np.ones(len(environments), dtype=np.bool_)
    for _ in range(longest):
        taken = environments.step(to_environment(act(torch.from_numpy(observations).to(device))))
        returns += np.where(going, taken.rewards, 0.0)
        lengths += going
        going &= ~(taken.terminated | taken.truncated)
        observations = taken.observations
        if not going.any():
            break
    return Episodes(torch.from_numpy(returns), torch.from_numpy(lengths))


def first_returns(trajectories: Trajectories) -> Tensor:
    """Return the sum of rewards `[N]` of every environment's first episode, as far as the trajectories go.

    Over all episodes that end within a number of steps, short ones would be counted more often than long ones.

    Example:
        >>> flags = torch.tensor([[False], [True], [False]])
        >>> nothing, states = torch.zeros(3, 1, dtype=torch.bool), torch.zeros(3, 1, 2)
        >>> rewards = torch.tensor([[1.0], [2.0], [4.0]])
        >>> first_returns(Trajectories(states, rewards, rewards, states, flags, nothing, ~nothing))
        tensor([3.])
    """
    ended_before = trajectories.ended.cumsum(0) - trajectories.ended.long()
    return (trajectories.rewards * (ended_before == 0)).sum(0)
