"""What the outer loop climbs: the return of trained agents in the real environment.

The real environment cannot be differentiated, so its part of the meta-gradient is the score function's: the gradient of
log pi(a|s) times the advantage, with respect to the agents' trained parameters. From those it goes on backwards
through the inner loop, exactly. A value network learns alongside what to expect of a state.

Legend: T steps, P agents, n copies of the real environment an agent, D numbers of an observation.
"""

from typing import NamedTuple

import torch
from torch import Generator, Tensor

from gtn_core.typing import Tensors
from gtn_rl.environments._agents import AgentBatch
from gtn_rl.policies import Head
from gtn_rl.rollouts import Environments, Trajectories, collect, whole_episodes

LARGEST_LOG_RATIO = 10.0


class Decisions(NamedTuple):
    """What agents did in the real environment; constants for the meta-gradient."""

    observations: Tensor
    """`[T, P n, D]`."""
    actions: Tensor
    """`[T, P n]` or `[T, P n, A]`."""
    log_probabilities: Tensor
    """`[T, P n]`, when they were taken."""
    advantages: Tensor
    """`[T, P n]`, zero where a step is not valid."""
    valid: Tensor
    """`[T, P n]`, bool."""

    def at(self, times: Tensor) -> "Decisions":
        """Return those of some of the T steps."""
        return Decisions(*(column[times] for column in self))


class Group(NamedTuple):
    """Trained agents, ready to act side by side in `copies` environments each."""

    agents: AgentBatch
    parameters: Tensors
    head: Head

    def act(self, observations: Tensor, generator: Generator | None = None) -> Tensor:
        """Return actions for observations `[P n, D]`; the most likely ones unless a generator is given."""
        agents = len(next(iter(self.parameters.values())))
        with torch.no_grad():
            outputs = self.agents.outputs(self.parameters, observations.unflatten(0, (agents, -1))).flatten(0, 1)
            return self.head.mode(outputs) if generator is None else self.head.sample(outputs, generator)

    def outputs(self, observations: Tensor) -> Tensor:
        """Return outputs `[T, P n, A]` for observations `[T, P n, D]`, each agent for its own copies."""
        steps, rows, size = observations.shape
        policies = len(next(iter(self.parameters.values())))
        own = observations.reshape(steps, policies, rows // policies, size).transpose(0, 1)
        found = self.agents.outputs(self.parameters, own.reshape(policies, -1, size))
        return found.reshape(policies, steps, rows // policies, -1).transpose(0, 1).reshape(steps, rows, -1)


def act_in_real(group: Group, environments: Environments, steps: int, seed: int, generator: Generator) -> Trajectories:
    """Let trained agents act for a number of steps, with actions drawn from their policies."""
    acting = group._replace(parameters={name: value.detach() for name, value in group.parameters.items()})
    return collect(environments, lambda states: acting.act(states, generator), steps, seed, group.head.to_environment)


def log_probabilities(group: Group, decisions: Decisions) -> Tensor:
    """Return the logarithms of the probabilities, or densities, of decisions, `[T, P n]`."""
    return group.head.log_prob(group.outputs(decisions.observations), decisions.actions)


def score_function_loss(group: Group, decisions: Decisions, clip: float | None = None) -> Tensor:
    """Return a scalar whose gradient is minus the score-function estimate of the return's.

    Where the agents are those that decided, the gradient of the ratio of probabilities is that of log pi(a|s). Agents
    that a changed generator trained have moved a little from them; the clip bounds how far that counts (Schulman et
    al., "Proximal policy optimization algorithms", 2017).

    Args:
        group: agents whose parameters carry the graph of their training.
        decisions: of these agents, or of those that the generator trained before it changed.
        clip: ratios count from 1 - clip to 1 + clip; null for no bound.
    """
    change = log_probabilities(group, decisions) - decisions.log_probabilities
    ratio = change.clamp(-LARGEST_LOG_RATIO, LARGEST_LOG_RATIO).exp()
    gain = ratio * decisions.advantages
    if clip is not None:
        gain = torch.minimum(gain, ratio.clamp(1 - clip, 1 + clip) * decisions.advantages)
    return -gain.sum() / decisions.valid.sum()


def deterministic_returns(group: Group, environments: Environments, seed: int) -> Tensor:
    """Return one whole episode's return for each environment, `[P n]`, of the most likely actions."""
    acting = group._replace(parameters={name: value.detach() for name, value in group.parameters.items()})
    return whole_episodes(environments, acting.act, seed, group.head.to_environment).returns
