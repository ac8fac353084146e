"""Generalized advantage estimates.

Source: Schulman et al., "High-dimensional continuous control using generalized advantage estimation" (2016), with the
episodes' ends as Pardo et al., "Time limits in reinforcement learning" (2018) have them: a termination has no value
after it, a truncation has that of the state where it was cut off.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from gtn_rl.rollouts._collecting import Trajectories


class Advantages(NamedTuple):
    """How much better than expected each action turned out, and what the value network should have said."""

    advantages: Tensor
    """`[T, N]`, zero where a step is not valid."""
    returns: Tensor
    """`[T, N]`: advantages plus values, targets of the value network."""


def generalized_advantages(
    trajectories: Trajectories, values: Tensor, next_values: Tensor, discount: float, trace_decay: float
) -> Advantages:
    """Return advantages and value targets.

    Args:
        trajectories: of T steps and N environments.
        values: of the observations, `[T, N]`.
        next_values: of the successors, `[T, N]`; those of terminal states are left out here.
        discount: gamma.
        trace_decay: lambda; 0 takes one step and then the values' word, 1 the whole episode.

    Example:
        >>> no = torch.tensor([[False], [False]])
        >>> yes, states = ~no, torch.zeros(2, 1, 1)
        >>> steps = Trajectories(states, states, torch.ones(2, 1), states, torch.tensor([[False], [True]]), no, yes)
        >>> generalized_advantages(steps, torch.zeros(2, 1), torch.ones(2, 1), 0.5, 1.0).advantages.tolist()
        [[2.0], [1.0]]
    """
    expected = trajectories.rewards + discount * next_values.masked_fill(trajectories.terminated, 0.0)
    errors = (expected - values) * trajectories.valid
    carried = discount * trace_decay * (~trajectories.ended & trajectories.valid)
    advantage = torch.zeros_like(values[0])
    found = []
    for error, decay in zip(errors.flip(0), carried.flip(0), strict=True):
        advantage = error + decay * advantage
        found.append(advantage)
    advantages = torch.stack(found[::-1])
    return Advantages(advantages, advantages + values)


def normalized(advantages: Tensor, valid: Tensor) -> Tensor:
    """Return advantages of mean 0 and standard deviation 1 over the valid steps; zero elsewhere.

    Example:
        >>> normalized(torch.tensor([1.0, 3.0, 9.0]), torch.tensor([True, True, False]))
        tensor([-1.,  1.,  0.])
    """
    chosen = advantages[valid]
    scaled = (advantages - chosen.mean()) / (chosen.std(correction=0) + 1e-8)
    return scaled * valid
