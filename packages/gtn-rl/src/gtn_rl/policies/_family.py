"""Policies of random width and depth."""

from math import log
from typing import Annotated, Any

import torch
from gymnasium import spaces
from pydantic import Field, model_validator
from torch import Generator, Tensor, nn

from gtn_core._specification import Positive, Size, Specification
from gtn_rl.policies._heads import Head, head_for
from gtn_rl.policies._networks import Activation, Initialization, mlp
from gtn_rl.policies._spaces import observation_size


class Policy(nn.Module):
    """A network from observations to the outputs that its head makes a distribution of.

    Args:
        network: observations `[..., D]` to outputs `[..., A]`, as `mlp` makes it.
        head: what the outputs mean.
        description: sizes and activation, for people.
    """

    def __init__(self, network: nn.Sequential, head: Head, description: str = "") -> None:
        super().__init__()
        self.network = network
        self.head = head
        self.description = description

    def forward(self, observations: Tensor) -> Tensor:
        """Return outputs `[..., A]`: logits, or centres of actions before squashing."""
        outputs: Tensor = self.network(observations)
        return outputs

    @torch.no_grad()
    def act(self, observations: Tensor, generator: Generator | None = None) -> Tensor:
        """Return actions: the most likely ones, or drawn ones where a generator is given."""
        outputs = self(observations)
        return self.head.mode(outputs) if generator is None else self.head.sample(outputs, generator)


class MLPFamily(Specification):
    """Draws multilayer perceptrons; as it stands, of the kind that actor-critic implementations customarily start from.

    Attributes:
        widths: least and greatest; drawn uniformly on a logarithmic scale, one for all hidden layers of a policy.
        depths: least and greatest number of hidden layers, drawn uniformly.
        activations: to choose from.
        initialization: see `mlp`.
        deviation: of Gaussian heads; see `GaussianHead`.

    Example:
        >>> family = MLPFamily(widths=(8, 32), depths=(1, 2))
        >>> observations, actions = spaces.Box(-1.0, 1.0, (4,)), spaces.Discrete(2)
        >>> policy = family.draw(observations, actions, torch.Generator().manual_seed(0))
        >>> policy(torch.zeros(5, 4)).shape
        torch.Size([5, 2])
        >>> policy.description
        '4-31-31-2 tanh'
    """

    widths: tuple[Size, Size] = (16, 128)
    depths: tuple[Size, Size] = (1, 3)
    activations: Annotated[tuple[Activation, ...], Field(min_length=1)] = ("tanh",)
    initialization: Initialization = "orthogonal"
    deviation: Positive = 0.3

    @model_validator(mode="after")
    def _in_order(self) -> "MLPFamily":
        for name, (least, greatest) in (("widths", self.widths), ("depths", self.depths)):
            if least > greatest:
                raise ValueError(f"{name} are least and greatest; got {least} and {greatest}")
        return self

    def draw(
        self, observation_space: spaces.Space[Any], action_space: spaces.Space[Any], generator: Generator
    ) -> Policy:
        """Return a fresh policy.

        Raises:
            ConfigurationError: no network serves these spaces.
        """
        head = head_for(action_space, self.deviation)
        low, high = (log(width) for width in self.widths)
        share = torch.rand((), generator=generator, dtype=torch.float64).item()
        width = round(float(torch.tensor(low + (high - low) * share, dtype=torch.float64).exp()))
        depth = _draw(self.depths[0], self.depths[1], generator)
        activation = self.activations[_draw(0, len(self.activations) - 1, generator)]
        sizes = [observation_size(observation_space), *[width] * depth, head.outputs]
        network = mlp(sizes, activation, generator, initialization=self.initialization)
        return Policy(network, head, f"{'-'.join(map(str, sizes))} {activation}")


def _draw(least: int, greatest: int, generator: Generator) -> int:
    return int(torch.randint(least, greatest + 1, (), generator=generator))
