"""What all generated environments have in common: states out of noise, actions as weights, observations.

A generated environment is a module, so an agent's whole training in it can be differentiated. States are latent: what
an agent sees of them is `observe(state)`. An action is a vector for the networks: for a discrete choice the weight of
each action, which are one-hot for an agent that acts and its probabilities for one that takes the expectation over its
own actions; for continuous ones the values, brought to [-1, 1].

Legend: `...` any leading dimensions, D numbers of a state, A actions to choose from or numbers of an action.
"""

from typing import ClassVar, NamedTuple

import torch
from torch import Tensor, nn

from gtn_rl.environments._scaling import ObservationScaling
from gtn_rl.environments._spaces import BoxSpecification, DiscreteSpecification, SpacesSpecification


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
    """

    episodic: ClassVar[bool]
    choices: Tensor

    def __init__(self, spaces: SpacesSpecification) -> None:
        super().__init__()
        self.spaces = spaces
        self.scaling = ObservationScaling(spaces.observations)
        self.mixing = nn.Parameter(torch.eye(self.size))
        self.shift = nn.Parameter(torch.zeros(self.size))
        self.register_buffer("choices", torch.eye(spaces.actions.size), persistent=False)

    @property
    def size(self) -> int:
        """D, also the number of noise values that an initial state is made of."""
        return self.spaces.observations.size

    def initial(self, noise: Tensor) -> Tensor:
        """Return initial states `[..., D]` of standard normal noise `[..., D]`."""
        return noise @ self.mixing + self.shift

    def observe(self, states: Tensor) -> Tensor:
        """Return what an agent sees, `[..., D]`, within the real environment's observation space."""
        observations: Tensor = self.scaling(states)
        return observations

    def advance(self, states: Tensor, actions: Tensor) -> Transition:
        """Return what actions `[..., A]` lead to from states `[..., D]`."""
        raise NotImplementedError

    def encode(self, actions: Tensor) -> Tensor:
        """Return actions as the space has them, `[...]` or `[..., A]`, as the networks take them, `[..., A]`."""
        space = self.spaces.actions
        if isinstance(space, DiscreteSpecification):
            return self.choices[actions.long() - space.start]
        low, high = action_bounds(space, self.shift)
        return (2 * (actions.to(self.shift.dtype) - low) / (high - low) - 1).clamp(-1, 1)


def action_bounds(space: BoxSpecification, like: Tensor) -> tuple[Tensor, Tensor]:
    """Return low and high, `[A]` each, of bounded actions."""
    box = space.space()
    return torch.from_numpy(box.low).to(like), torch.from_numpy(box.high).to(like)
