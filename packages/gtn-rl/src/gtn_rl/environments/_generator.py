"""What all generated environments have in common: states out of noise, actions as weights, observations.

A generated environment is a module, so an agent's whole training in it can be differentiated. States are latent: what
an agent sees of them is `observe(state)`. An action is a vector for the networks: for a discrete choice the weight of
each action, which are one-hot for an agent that acts and its probabilities for one that takes the expectation over its
own actions; for continuous ones the values, brought to [-1, 1].

Legend: `...` any leading dimensions, D numbers of a state, A actions to choose from or numbers of an action.
"""

from typing import ClassVar, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gtn_rl.environments._scaling import ObservationScaling
from gtn_rl.environments._spaces import SpacesSpecification

SMALLEST_VARIANCE = 1e-4
"""Of initial states that follow real ones, in squared standard deviations of the first look."""


class Transition(NamedTuple):
    """What an action leads to."""

    state: Tensor
    """`[..., D]`, after the action; for a bandit the state before it, which nobody looks at again."""
    reward: Tensor
    """`[...]`."""
    termination: Tensor
    """`[...]`, the logit of the episode's end; a real step ends where it is above zero."""


class EnvironmentGenerator(nn.Module):
    """Base of the two kinds: the contextual bandit and the environment of several steps.

    Its initial states are an affine function of standard normal noise.

    Args:
        spaces: those of the real environment.

    Attributes:
        episodic: whether an episode has more than one step.
        size: D, also the number of noise values that an initial state is made of.
    """

    episodic: ClassVar[bool]
    choices: Tensor
    low: Tensor
    high: Tensor

    def __init__(self, spaces: SpacesSpecification) -> None:
        super().__init__()
        self.spaces = spaces
        self.size = spaces.observation_size
        self.scaling = ObservationScaling(spaces.observations)
        self.mixing = nn.Parameter(torch.eye(self.size))
        self.shift = nn.Parameter(torch.zeros(self.size))
        self.register_buffer("choices", torch.eye(spaces.action_size), persistent=False)
        for name in ("low", "high"):
            self.register_buffer(name, torch.tensor(getattr(spaces.actions, name) or ()), persistent=False)

    def initial(self, noise: Tensor) -> Tensor:
        """Return initial states `[..., D]` of standard normal noise `[..., D]`."""
        return noise @ self.mixing + self.shift

    @torch.no_grad()
    def follow(self, observations: Tensor, rate: float) -> None:
        """Let the initial states approach the normal distribution of real observations.

        Args:
            observations: `[N, D]`, such as agents meet in the real environment by now.
            rate: share of the way, from 0 to 1.
        """
        states = self.scaling.latent(observations)
        spread = torch.linalg.cholesky(states.T.cov() + SMALLEST_VARIANCE * torch.eye(self.size).to(states))
        self.mixing.lerp_(spread.T, rate)
        self.shift.lerp_(states.mean(0), rate)

    def best_actions(self, observations: Tensor) -> Tensor:
        """Return what is rewarded most, where one step is all there is."""
        raise NotImplementedError

    def scale_rewards(self, factor: float) -> None:
        """Multiply what the reward's last layer gives before it is brought within bounds."""
        raise NotImplementedError

    def observe(self, states: Tensor) -> Tensor:
        """Return what an agent sees, `[..., D]`, within the real environment's observation space."""
        observations: Tensor = self.scaling(states)
        return observations

    def advance(self, states: Tensor, actions: Tensor) -> Transition:
        """Return what actions `[..., A]` lead to from states `[..., D]`."""
        raise NotImplementedError

    def encode(self, actions: Tensor) -> Tensor:
        """Return actions as the space has them, `[...]` or `[..., A]`, as the networks take them, `[..., A]`."""
        if self.spaces.discrete:
            return self.choices[actions.long() - (self.spaces.actions.start or 0)]
        return (2 * (actions.to(self.shift.dtype) - self.low) / (self.high - self.low) - 1).clamp(-1, 1)


def linear(values: Tensor, layer: nn.Linear) -> Tensor:
    """Return what a layer gives, which `side_by_side` may have made one of M layers.

    A function rather than a module: a single environment meets one state at a time, and calls cost more than sums.
    """
    if layer.weight.ndim == 2:
        return F.linear(values, layer.weight, layer.bias)
    return torch.baddbmm(layer.bias, values, layer.weight.mT)
