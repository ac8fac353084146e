"""What a roll-out says of each decision, by a value network that learns alongside.

Its states come from all policies met so far, so it estimates their average return (Such et al., 2020, appendix H).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from gtn_rl.demonstrations._actor_critic import Decisions
from gtn_rl.demonstrations._settings import ActorCritic
from gtn_rl.policies import ValueNetwork
from gtn_rl.rollouts import Advantages, Trajectories, generalized_advantages, normalized


@dataclass(frozen=True)
class Critic:
    """Judges decisions.

    Args:
        value: the value network.
        optimizer: of its parameters and perhaps of others, which get no gradient here and so do not move.
        settings: of the outer objective.
    """

    value: ValueNetwork
    optimizer: torch.optim.Optimizer
    settings: ActorCritic

    def judge(
        self, trajectories: Trajectories, log_probs: Tensor, generator: Generator
    ) -> tuple[list[Decisions], float]:
        """Return each policy's decisions with normalised advantages, then fit the value network to the returns.

        Args:
            trajectories: of all policies, an equal share of the environments for each.
            log_probs: of the actions, `[T, N]`.
            generator: of the minibatches.

        Returns:
            Decisions of each policy, and the last minibatch's mean-squared error.
        """
        scaled = trajectories._replace(rewards=trajectories.rewards * self.settings.reward_scale)
        found = self._advantages(scaled)
        advantages = normalized(found.advantages, scaled.valid)
        columns = (scaled.observations, scaled.actions, log_probs, advantages, scaled.valid)
        shares = zip(*(column.chunk(self.settings.policies, dim=1) for column in columns), strict=True)
        decisions = [_decisions(share) for share in shares]
        return decisions, self._fit(scaled.observations[scaled.valid], found.returns[scaled.valid], generator)

    @torch.no_grad()
    def _advantages(self, trajectories: Trajectories) -> Advantages:
        values, following = self.value(trajectories.observations), self.value(trajectories.successors)
        return generalized_advantages(
            trajectories, values, following, self.settings.discount, self.settings.trace_decay
        )

    def _fit(self, observations: Tensor, returns: Tensor, generator: Generator) -> float:
        loss = torch.zeros(())
        for _ in range(self.settings.value_steps):
            size = min(self.settings.value_batch, len(returns))
            rows = torch.randint(len(returns), (size,), generator=generator)
            loss = F.mse_loss(self.value(observations[rows]), returns[rows])
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()
        self.optimizer.zero_grad()
        return loss.item()


def _decisions(share: Sequence[Tensor]) -> Decisions:
    """Return one policy's valid decisions, `[M]`, of its columns `[T, n]`."""
    *columns, valid = (column.flatten(0, 1) for column in share)
    return Decisions(*columns).take(valid)
