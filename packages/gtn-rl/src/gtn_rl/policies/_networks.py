"""Multilayer perceptrons of any size, initialised from an explicit generator."""

from collections.abc import Sequence
from itertools import pairwise
from math import sqrt
from typing import Literal, TypeAlias

from torch import Generator, Tensor, nn

from gtn_core.seeding import seeded_by

Activation: TypeAlias = Literal["tanh", "relu", "gelu", "silu"]
Initialization: TypeAlias = Literal["default", "orthogonal"]
ACTIVATIONS: dict[Activation, type[nn.Module]] = {"tanh": nn.Tanh, "relu": nn.ReLU, "gelu": nn.GELU, "silu": nn.SiLU}


def mlp(
    sizes: Sequence[int],
    activation: Activation,
    generator: Generator,
    *,
    initialization: Initialization = "default",
    last_gain: float = 0.01,
) -> nn.Sequential:
    """Return linear layers with activations between them.

    Args:
        sizes: features in, of every hidden layer, and out.
        activation: after every layer but the last.
        generator: of the initial parameters.
        initialization: `default` is torch's own; `orthogonal` has gain sqrt(2), zero biases and a last layer of gain
            `last_gain`, as actor-critic implementations customarily have it.
        last_gain: for `orthogonal`; 0.01 for policies, 1 for value networks.

    Example:
        >>> import torch
        >>> mlp([4, 8, 2], "tanh", torch.Generator())(torch.zeros(3, 4)).shape
        torch.Size([3, 2])
    """
    layers: list[nn.Module] = []
    with seeded_by(generator):
        for inputs, outputs in pairwise(sizes):
            layers += [nn.Linear(inputs, outputs), ACTIVATIONS[activation]()]
    network = nn.Sequential(*layers[:-1])
    if initialization == "orthogonal":
        _orthogonal(network, generator, last_gain)
    return network


class ValueNetwork(nn.Module):
    """An estimate of the return from a state, a multilayer perceptron with one output.

    Args:
        observations: values of an observation.
        generator: of the initial parameters.
        width: of the hidden layers.
        depth: hidden layers.
        activation: after every hidden layer.

    Example:
        >>> import torch
        >>> ValueNetwork(4, torch.Generator())(torch.zeros(7, 3, 4)).shape
        torch.Size([7, 3])
    """

    def __init__(
        self, observations: int, generator: Generator, width: int = 64, depth: int = 2, activation: Activation = "tanh"
    ) -> None:
        super().__init__()
        sizes = [observations, *[width] * depth, 1]
        self.network = mlp(sizes, activation, generator, initialization="orthogonal", last_gain=1.0)

    def forward(self, observations: Tensor) -> Tensor:
        """Return values `[...]` of observations `[..., D]`."""
        values: Tensor = self.network(observations)[..., 0]
        return values


def _orthogonal(network: nn.Sequential, generator: Generator, last_gain: float) -> None:
    layers = [layer for layer in network if isinstance(layer, nn.Linear)]
    for layer in layers:
        gain = last_gain if layer is layers[-1] else sqrt(2)
        nn.init.orthogonal_(layer.weight, gain, generator=generator)
        nn.init.zeros_(layer.bias)
