"""Where meta-training starts: of several random generators, the one whose agents act best in the real environment.

Agents taught by a random generator act by a random, but smooth, rule. Where rewards are too rare for agents that act at
random to meet one, such as in MountainCar, some of these rules meet them.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch

from gtn_core.seeding import derive_seed, generator_for
from gtn_rl.environments._agents import draw_agents
from gtn_rl.environments._generator import EnvironmentGenerator
from gtn_rl.environments._inner_loop import InnerTraining
from gtn_rl.environments._outer_objective import Group, act_in_real
from gtn_rl.environments._real import real_environments
from gtn_rl.environments._settings import InnerLoop
from gtn_rl.policies import Head
from gtn_rl.rollouts import first_returns

AGENTS = 4
LARGEST_ENVIRONMENT_SEED = 2**31 - 1


class Best(NamedTuple):
    """The best of several generators."""

    place: int
    """Among the candidates."""
    mean_return: float
    """Of its agents, one episode each."""
    real_steps: int
    """Taken to find it, for all candidates together."""


def best_candidate(
    candidates: Sequence[EnvironmentGenerator], env_id: str, inner: InnerLoop, head: Head, steps: int, seed: int
) -> Best:
    """Let agents train in each candidate, as they do in the first outer step, and act in the real environment.

    All candidates meet the same agents, which act with drawn actions.

    Args:
        candidates: to choose from.
        env_id: the real environment.
        inner: how agents train.
        head: of the real environment's actions.
        steps: in the real environment, for each agent.
        seed: of everything random.
    """
    draws = generator_for(seed, "candidates' agents")
    agents = draw_agents(candidates[0].spaces, inner, AGENTS, draws).to(candidates[0].shift.device)
    training = InnerTraining.draw(inner, draws, 0.0)
    trained = [
        training.train(candidate, agents, generator_for(seed, "candidates' states"), differentiable=False)
        for candidate in candidates
    ]
    everyone = {name: torch.cat([one[name].detach() for one in trained]) for name in trained[0]}
    with real_environments(env_id, AGENTS * len(candidates)) as environments:
        group, actions = Group(agents, everyone, head), generator_for(seed, "candidates' actions")
        own = derive_seed(seed, "candidates' episodes") % LARGEST_ENVIRONMENT_SEED
        returns = first_returns(act_in_real(group, environments, steps, own, actions))
        taken = environments.steps
    means = returns.reshape(len(candidates), AGENTS).mean(1)
    best = int(means.argmax())
    return Best(best, float(means[best]), taken)
