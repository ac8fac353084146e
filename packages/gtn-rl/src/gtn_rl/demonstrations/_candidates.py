"""Where meta-training starts: of several random generators, the one whose policy acts best.

A policy taught by a random generator acts by a random, but smooth, rule. Where rewards are too rare for a policy that
acts at random to meet one, such as in Acrobot, some of these rules meet them.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from gtn_core.seeding import derive_seed, generator_for
from gtn_rl.demonstrations._demonstrations import Demonstrations
from gtn_rl.policies import MLPFamily, stacked
from gtn_rl.rollouts import Environments, whole_episodes


class Candidate(NamedTuple):
    """The best of several."""

    demonstrations: Demonstrations
    mean_return: float
    steps: int
    """Taken in the real environment to find it."""


@torch.no_grad()
def best_candidate(
    like: Demonstrations, env_id: str, family: MLPFamily, count: int, episodes: int, longest: int, seed: int
) -> Candidate:
    """Return the best of some fresh demonstrations.

    Args:
        like: of whose specification, spaces and device they are.
        env_id: the real environment.
        family: of the policies; each candidate teaches one.
        count: candidates.
        episodes: of each policy, with actions drawn.
        longest: where an episode is cut off.
        seed: of everything random.
    """
    spaces, device = (like.observation_space, like.action_space), next(like.parameters()).device
    made = [
        Demonstrations(like.specification, *spaces, derive_seed(seed, "candidate", index)).to(device)
        for index in range(count)
    ]
    policies = [
        one.teach(family.draw(*spaces, generator_for(seed, "candidate's policy", index)).to(device))
        for index, one in enumerate(made)
    ]
    outputs, head, generator = stacked(policies), policies[0].head, generator_for(seed, "candidates' actions")

    def act(observations: Tensor) -> Tensor:
        return head.sample(outputs(observations).cpu(), generator)

    with Environments.make(env_id, count * episodes) as environments:
        environment_seed = derive_seed(seed, "candidates' environments")
        found = whole_episodes(environments, act, environment_seed, head.to_environment, longest=longest, device=device)
        steps = environments.steps
    returns = found.returns.reshape(count, episodes).mean(1)
    best = int(returns.argmax())
    return Candidate(made[best], float(returns[best]), steps)
