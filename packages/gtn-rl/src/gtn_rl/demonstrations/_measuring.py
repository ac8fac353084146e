"""How well fresh policies act in the real environment after their inner loop."""

from collections.abc import Callable
from math import ceil
from typing import NamedTuple

import torch
from torch import Generator

from gtn_core.evaluation import Interval, bootstrap_interval
from gtn_core.seeding import derive_seed, generator_for
from gtn_rl.demonstrations._demonstrations import Demonstrations
from gtn_rl.policies import MLPFamily, Policy, stacked
from gtn_rl.rollouts import Environments, whole_episodes

TOGETHER = 20
"""Policies that act side by side."""


class MeasuredReturns(NamedTuple):
    """Of fresh policies, each one's mean over its episodes."""

    returns: list[float]
    policies: list[str]
    """What each one is."""
    steps: int
    """Taken in the real environment."""

    @property
    def mean(self) -> float:
        """Over policies."""
        return sum(self.returns) / len(self.returns)

    @property
    def worst_tenth(self) -> float:
        """Mean of the lowest tenth, of at least one policy."""
        lowest = sorted(self.returns)[: ceil(len(self.returns) / 10)]
        return sum(lowest) / len(lowest)

    @property
    def interval(self) -> Interval:
        """The mean with its 95 % interval."""
        return bootstrap_interval(self.returns)


def measured_returns(
    demonstrations: Demonstrations,
    env_id: str,
    family: MLPFamily,
    count: int,
    episodes: int,
    seed: int,
    *,
    taught: bool = True,
    sampled: bool = False,
    on_policies: Callable[[list[float]], None] = lambda _: None,
) -> MeasuredReturns:
    """Teach fresh policies and let each act for whole episodes.

    Args:
        demonstrations: that teach.
        env_id: the real environment.
        family: of the policies.
        count: how many.
        episodes: of each.
        seed: of policies, noise and environments.
        taught: whether they take their inner loop at all.
        sampled: whether actions are drawn; the most likely ones unless so.
        on_policies: called with the returns of every group of policies when it is done.
    """
    returns: list[float] = []
    descriptions: list[str] = []
    steps = 0
    for start in range(0, count, TOGETHER):
        group = range(start, min(start + TOGETHER, count))
        policies = [_policy(demonstrations, family, seed, index, taught) for index in group]
        generator = generator_for(seed, "actions", start) if sampled else None
        with Environments.make(env_id, len(policies) * episodes) as environments:
            found = whole_episodes(
                environments,
                _acting(policies, generator),
                derive_seed(seed, "environments", start),
                policies[0].head.to_environment,
                device=next(demonstrations.parameters()).device,
            )
            steps += environments.steps
        group_returns = found.returns.reshape(len(policies), episodes).mean(1).tolist()
        returns += group_returns
        descriptions += [policy.description for policy in policies]
        on_policies(group_returns)
    return MeasuredReturns(returns, descriptions, steps)


def _policy(demonstrations: Demonstrations, family: MLPFamily, seed: int, index: int, taught: bool) -> Policy:
    generator = generator_for(seed, "policy", index)
    policy = family.draw(demonstrations.observation_space, demonstrations.action_space, generator)
    policy = policy.to(next(demonstrations.parameters()).device)
    return demonstrations.teach(policy, derive_seed(seed, "noise", index)) if taught else policy


def _acting(policies: list[Policy], generator: Generator | None) -> Callable[[torch.Tensor], torch.Tensor]:
    outputs, head = stacked(policies), policies[0].head

    @torch.no_grad()
    def act(observations: torch.Tensor) -> torch.Tensor:
        found = outputs(observations).cpu()
        return head.mode(found) if generator is None else head.sample(found, generator)

    return act
