"""The contextual bandit: every episode is one step, and all that is learnt is where it starts and what it rewards.

Liesen et al., "Discovering minimal reinforcement learning environments" (2024), found that this special case is enough
to train agents for the classic control tasks.

The reward of a discrete choice is counted from the mean over all actions: what all actions share teaches no policy
anything, and only makes a value function harder to fit. It lies within (-2, 2), so that no agent's step sizes are
thrown off. The reward of a continuous action is a parabola around an action that the state decides, the normalised
advantage function of Gu et al. (2016).
"""

import torch
from torch import Tensor, nn

from gtn_core.seeding import seeded
from gtn_rl.environments._generator import EnvironmentGenerator, Transition, linear
from gtn_rl.environments._spaces import SpacesSpecification

SMALL = 0.1
"""Rewards before anything is learnt, relative to the usual initialisation."""


class ContextualBandit(EnvironmentGenerator):
    """A generated environment of one-step episodes.

    Args:
        spaces: those of the real environment.
        hidden: units of the reward network's only hidden layer.
        seed: of the initial parameters.

    Example:
        >>> from gtn_rl.environments import spaces_of
        >>> bandit = ContextualBandit(spaces_of("CartPole-v1"))
        >>> states = bandit.initial(torch.randn(5, 4))
        >>> bandit.advance(states, bandit.encode(torch.tensor([0, 1, 1, 0, 1]))).reward.shape
        torch.Size([5])
    """

    episodic = False

    def __init__(self, spaces: SpacesSpecification, hidden: int = 32, seed: int = 0) -> None:
        super().__init__(spaces)
        self.discrete = spaces.discrete
        outputs = spaces.action_size * (1 if self.discrete else 2)
        with seeded(seed):
            self.hidden = nn.Linear(self.size, hidden)
            self.values = nn.Linear(hidden, outputs)
        # Small rewards without biases leave agents undecided at first, so that the real environment tells something
        # about every action.
        with torch.no_grad():
            self.values.weight.mul_(SMALL)
            self.values.bias.zero_()
            self.hidden.bias.zero_()

    @torch.no_grad()
    def scale_rewards(self, factor: float) -> None:
        """Multiply what the last layer gives."""
        self.values.weight.mul_(factor)
        self.values.bias.mul_(factor)

    def advance(self, states: Tensor, actions: Tensor) -> Transition:
        """Return the rewards `[...]` of actions `[..., A]` in states `[..., D]`; every episode ends."""
        rewards = self.rewards(states, actions)
        return Transition(states, rewards, torch.ones_like(rewards))

    def rewards(self, states: Tensor, actions: Tensor) -> Tensor:
        """Return the rewards `[...]`."""
        values = self._values(states)
        if self.discrete:
            squashed = values.tanh()
            return ((squashed - squashed.mean(-1, keepdim=True)) * actions).sum(-1)
        best, sharpness = values.chunk(2, dim=-1)
        return -(sharpness.sigmoid() * (actions - best.tanh()).square()).sum(-1)

    @torch.no_grad()
    def best_actions(self, observations: Tensor) -> Tensor:
        """Return which actions are rewarded most, `[...]` or `[..., A]`, for real observations `[..., D]`."""
        states = self.scaling.latent(observations)
        if not self.discrete:
            best = self._values(states).chunk(2, dim=-1)[0].tanh()
            return self.low + (best + 1) / 2 * (self.high - self.low)
        rewards = [self.rewards(states, choice.expand(*states.shape[:-1], -1)) for choice in self.choices]
        return torch.stack(rewards, dim=-1).argmax(-1)

    def _values(self, states: Tensor) -> Tensor:
        return linear(linear(states, self.hidden).tanh(), self.values)
