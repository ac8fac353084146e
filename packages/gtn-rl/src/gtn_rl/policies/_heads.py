"""From the outputs of a policy network to actions: a categorical distribution, or a Gaussian within bounds.

A head holds no parameters, so that a policy whose parameters are the result of an inner step is a plain function of
them. Legend: `...` any leading dimensions, A actions to choose from or values of an action.
"""

from dataclasses import dataclass
from math import e, log, pi
from typing import Any, Protocol

import numpy as np
import torch
from gymnasium import spaces
from numpy.typing import NDArray
from torch import Generator, Tensor

from gtn_rl.policies._spaces import checked_action_space


class Head(Protocol):
    """A distribution over actions, given the outputs `[..., A]` of a network; differentiable as often as wanted."""

    @property
    def outputs(self) -> int:
        """A."""
        ...

    def mode(self, outputs: Tensor) -> Tensor:
        """Return the most likely actions, `[...]` or `[..., A]`."""
        ...

    def sample(self, outputs: Tensor, generator: Generator) -> Tensor:
        """Return drawn actions, `[...]` or `[..., A]`."""
        ...

    def log_prob(self, outputs: Tensor, actions: Tensor) -> Tensor:
        """Return the logarithm of the actions' probability or density, `[...]`."""
        ...

    def entropy(self, outputs: Tensor) -> Tensor:
        """Return the entropy, `[...]`."""
        ...

    def to_environment(self, actions: Tensor) -> NDArray[np.generic]:
        """Return actions as the environment's action space has them."""
        ...


@dataclass(frozen=True)
class CategoricalHead:
    """A choice among A actions by softmax.

    Args:
        outputs: A.
        start: the first action's number in the environment.

    Example:
        >>> head = CategoricalHead(2)
        >>> head.mode(torch.tensor([[0.0, 3.0]]))
        tensor([1])
        >>> head.entropy(torch.zeros(1, 2)).exp()
        tensor([2.])
    """

    outputs: int
    start: int = 0

    def mode(self, outputs: Tensor) -> Tensor:
        """Return the indices of the largest outputs."""
        return outputs.argmax(-1)

    def sample(self, outputs: Tensor, generator: Generator) -> Tensor:
        """Return drawn indices."""
        probabilities = outputs.detach().softmax(-1)
        flat = torch.multinomial(probabilities.reshape(-1, self.outputs), 1, generator=generator)
        return flat.reshape(outputs.shape[:-1])

    def log_prob(self, outputs: Tensor, actions: Tensor) -> Tensor:
        """Return log-probabilities of indices."""
        return outputs.log_softmax(-1).gather(-1, actions[..., None])[..., 0]

    def entropy(self, outputs: Tensor) -> Tensor:
        """Return the entropy in nats."""
        log_probabilities = outputs.log_softmax(-1)
        return -(log_probabilities.exp() * log_probabilities).sum(-1)

    def to_environment(self, actions: Tensor) -> NDArray[np.generic]:
        """Return the environment's numbers of the actions."""
        return actions.cpu().numpy() + self.start


@dataclass(frozen=True)
class GaussianHead:
    """A Gaussian around outputs squashed into the bounds by tanh; where a bound is missing, around the outputs.

    Args:
        low: least values of an action.
        high: greatest values.
        deviation: standard deviation, as a share of half the range, or in units of the action where it is unbounded.

    Example:
        >>> GaussianHead(low=(-2.0,), high=(2.0,)).mode(torch.tensor([[0.0], [9.0]])).round(decimals=3)
        tensor([[0.],
                [2.]])
    """

    low: tuple[float, ...]
    high: tuple[float, ...]
    deviation: float = 0.3

    @property
    def outputs(self) -> int:
        """A."""
        return len(self.low)

    def mode(self, outputs: Tensor) -> Tensor:
        """Return the centres, which are within the bounds; the deterministic policy."""
        if not self._bounded:
            return outputs
        low, high = outputs.new_tensor(self.low), outputs.new_tensor(self.high)
        return (high + low) / 2 + (high - low) / 2 * outputs.tanh()

    def sample(self, outputs: Tensor, generator: Generator) -> Tensor:
        """Return draws, which may lie outside the bounds: `to_environment` clips."""
        centres = self.mode(outputs).detach()
        noise = torch.randn(centres.shape, generator=generator, dtype=centres.dtype, device=generator.device)
        return centres + self._deviations(centres) * noise.to(centres.device)

    def log_prob(self, outputs: Tensor, actions: Tensor) -> Tensor:
        """Return log-densities of actions before clipping."""
        deviations = self._deviations(outputs)
        scaled = (actions - self.mode(outputs)) / deviations
        return (-0.5 * scaled.square() - deviations.log() - 0.5 * log(2 * pi)).sum(-1)

    def entropy(self, outputs: Tensor) -> Tensor:
        """Return the entropy in nats, the same everywhere."""
        one: Tensor = (0.5 * log(2 * pi * e) + self._deviations(outputs).log()).sum()
        return one.expand(outputs.shape[:-1])

    def to_environment(self, actions: Tensor) -> NDArray[np.generic]:
        """Return the actions clipped to the bounds."""
        return actions.cpu().numpy().clip(self.low, self.high).astype(np.float32)

    @property
    def _bounded(self) -> bool:
        return bool(np.isfinite([*self.low, *self.high]).all())

    def _deviations(self, like: Tensor) -> Tensor:
        if not self._bounded:
            return like.new_full((self.outputs,), self.deviation)
        return self.deviation * (like.new_tensor(self.high) - like.new_tensor(self.low)) / 2


def head_for(action_space: spaces.Space[Any], deviation: float = 0.3) -> Head:
    """Return the head that serves an action space.

    Raises:
        ConfigurationError: there is none.

    Example:
        >>> head_for(spaces.Discrete(3)).outputs
        3
    """
    space = checked_action_space(action_space)
    if isinstance(space, spaces.Discrete):
        return CategoricalHead(int(space.n), int(space.start))
    return GaussianHead(tuple(space.low.tolist()), tuple(space.high.tolist()), deviation)
