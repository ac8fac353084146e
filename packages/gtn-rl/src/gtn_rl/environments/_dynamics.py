"""A generated environment of several steps: next state, reward and the end of an episode, each by a network.

All three share one hidden layer, and have an output for each discrete action; weights of actions mix those outputs, so
an agent that takes the expectation over its actions moves by the mean of what they lead to. Next states are changes of
the state before, and latent states stay within a ball by tanh, so that no agent can drive them to infinity.
"""

import torch
from torch import Tensor, nn

from gtn_core.seeding import seeded
from gtn_rl.environments._generator import EnvironmentGenerator, Transition, linear
from gtn_rl.environments._spaces import SpacesSpecification

FARTHEST = 8.0
"""Standard deviations from the mean beyond which no latent state gets."""
RARE = -2.0
"""The logit of an episode's end before anything is learnt."""


class GeneratedDynamics(EnvironmentGenerator):
    """A generated environment of episodes of several steps.

    Args:
        spaces: those of the real environment.
        hidden: units of the hidden layer.
        seed: of the initial parameters.

    Example:
        >>> from gtn_rl.environments import spaces_of
        >>> dynamics = GeneratedDynamics(spaces_of("Pendulum-v1"))
        >>> states = dynamics.initial(torch.randn(5, 3))
        >>> dynamics.advance(states, dynamics.encode(torch.zeros(5, 1))).state.shape
        torch.Size([5, 3])
    """

    episodic = True

    def __init__(self, spaces: SpacesSpecification, hidden: int = 32, seed: int = 0) -> None:
        super().__init__(spaces)
        self.discrete = spaces.discrete
        actions = spaces.action_size
        self._heads = (actions if self.discrete else 1, self.size + 2)
        inputs = self.size if self.discrete else self.size + actions
        with seeded(seed):
            self.hidden = nn.Linear(inputs, hidden)
            self.outcome = nn.Linear(hidden, self._heads[0] * self._heads[1])
        with torch.no_grad():
            self.outcome.bias.view(self._heads)[:, -1] = RARE

    @torch.no_grad()
    def scale_rewards(self, factor: float) -> None:
        """Multiply what the last layer gives for the reward."""
        self.outcome.weight.view(*self._heads, -1)[:, -2].mul_(factor)
        self.outcome.bias.view(self._heads)[:, -2].mul_(factor)

    def advance(self, states: Tensor, actions: Tensor) -> Transition:
        """Return next states `[..., D]`, rewards within (-1, 1) and logits of the end `[...]`."""
        inputs = states if self.discrete else torch.cat((states, actions), dim=-1)
        outcomes = linear(linear(inputs, self.hidden).tanh(), self.outcome).unflatten(-1, self._heads)
        outcome = (outcomes * actions[..., None]).sum(-2) if self.discrete else outcomes[..., 0, :]
        moved = states + outcome[..., : self.size]
        return Transition(FARTHEST * (moved / FARTHEST).tanh(), outcome[..., -2].tanh(), outcome[..., -1])
