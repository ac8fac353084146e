"""Fresh agents, several of one architecture with their parameters stacked, so that they train as one batch.

Legend: P agents, N observations an agent, D numbers of an observation, A outputs.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import exp, log
from typing import TypeVar

import torch
from torch import Generator, Tensor, nn

from gtn_core.typing import Tensors
from gtn_rl.environments._settings import InnerLoop
from gtn_rl.environments._spaces import SpacesSpecification
from gtn_rl.policies import ACTIVATIONS, Activation, mlp

Choice = TypeVar("Choice")


@dataclass(frozen=True)
class AgentBatch:
    """P policies of one architecture, as a function of their stacked parameters.

    Attributes:
        parameters: initial ones: `<layer>.weight` `[P, in, out]` and `<layer>.bias` `[P, 1, out]`.
        activation: between the layers.
        discrete: whether outputs are logits of a choice, or else actions before squashing.
    """

    parameters: Tensors
    activation: Activation
    discrete: bool

    def to(self, device: torch.device | str) -> "AgentBatch":
        """Return the agents on a device."""
        moved = {name: value.to(device) for name, value in self.parameters.items()}
        return replace(self, parameters=moved)

    def outputs(self, parameters: Tensors, observations: Tensor) -> Tensor:
        """Return outputs `[P, N, A]` for observations `[P, N, D]`."""
        layers = len(parameters) // 2
        activation = ACTIVATIONS[self.activation]()
        values = observations
        for layer in range(layers):
            values = torch.baddbmm(parameters[f"{layer}.bias"], values, parameters[f"{layer}.weight"])
            if layer < layers - 1:
                values = activation(values)
        return values

    def weights(self, outputs: Tensor) -> Tensor:
        """Return the agents' actions as a generated environment takes them: probabilities, or numbers in (-1, 1)."""
        return outputs.softmax(-1) if self.discrete else outputs.tanh()


def draw_agents(spaces: SpacesSpecification, settings: InnerLoop, count: int, generator: Generator) -> AgentBatch:
    """Draw an architecture, then initial parameters for P agents of it.

    Example:
        >>> from gtn_rl.environments import spaces_of
        >>> agents = draw_agents(spaces_of("CartPole-v1"), InnerLoop(), 3, torch.Generator().manual_seed(0))
        >>> agents.outputs(agents.parameters, torch.zeros(3, 5, 4)).shape
        torch.Size([3, 5, 2])
    """
    width = round(between(settings.widths, generator))
    depth = one_of(range(settings.depths[0], settings.depths[1] + 1), generator)
    activation = one_of(settings.activations, generator)
    initialization = one_of(settings.initializations, generator)
    sizes = [spaces.observation_size, *[width] * depth, spaces.action_size]
    networks = [mlp(sizes, activation, generator, initialization=initialization) for _ in range(count)]
    layers = [[layer for layer in network if isinstance(layer, nn.Linear)] for network in networks]
    parameters = {}
    for place in range(depth + 1):
        parameters[f"{place}.weight"] = torch.stack([own[place].weight.detach().T for own in layers])
        parameters[f"{place}.bias"] = torch.stack([own[place].bias.detach()[None] for own in layers])
    return AgentBatch(parameters, activation, spaces.discrete)


def between(limits: tuple[float, float], generator: Generator) -> float:
    """Draw uniformly on a logarithmic scale."""
    low, high = log(limits[0]), log(limits[1])
    return exp(low + (high - low) * float(torch.rand((), generator=generator, dtype=torch.float64)))


def one_of(choices: Sequence[Choice], generator: Generator) -> Choice:
    """Draw one of several, each as likely as the others."""
    return choices[int(torch.randint(len(choices), (), generator=generator))]
