"""Stochastic gradient descent with momentum, as in the paper's inner loop."""

from torch import nn

from gtn_core import _tree
from gtn_core.errors import ConfigurationError
from gtn_core.inner_optimizers._schedule import Schedule
from gtn_core.typing import Tensors


class SGD(nn.Module):
    """v <- m_t v + g, theta <- theta - a_t v; no dampening, no Nesterov, no weight decay.

    Args:
        steps: T.
        learning_rate: initial a_t.
        momentum: initial m_t in [0, 1); exactly 0 means plain SGD, with no momentum to learn.
        per_step: whether every inner step has values of its own.

    Raises:
        ConfigurationError: a value out of range.

    Example:
        >>> import torch
        >>> optimizer = SGD(steps=2, learning_rate=0.5, momentum=0.0)
        >>> theta, gradient = {"w": torch.ones(1)}, {"w": torch.ones(1)}
        >>> optimizer.update(0, theta, gradient, optimizer.init(theta))[0]["w"].item()
        0.5
    """

    def __init__(self, steps: int, learning_rate: float = 0.02, momentum: float = 0.5, per_step: bool = True) -> None:
        super().__init__()
        if not 0.0 <= momentum < 1.0:
            raise ConfigurationError(f"momentum must be from 0 up to, but not including, 1; got {momentum}")
        values = steps if per_step else 1
        self.learning_rate = Schedule("the inner learning rate", learning_rate, values, "positive")
        self.momentum = Schedule("momentum", momentum, values, "unit") if momentum else None

    def init(self, parameters: Tensors) -> Tensors:
        """Return zero velocities, keyed `velocity/<parameter>`; nothing for plain SGD."""
        if self.momentum is None:
            return {}
        return {f"velocity/{name}": zero for name, zero in _tree.zeros_like(parameters).items()}

    def update(self, step: int, parameters: Tensors, gradients: Tensors, state: Tensors) -> tuple[Tensors, Tensors]:
        """Return parameters and velocities after inner step `step`."""
        learning_rate = self.learning_rate.at(step)
        velocities = gradients
        if self.momentum is not None:
            momentum = self.momentum.at(step)
            velocities = {name: momentum * state[f"velocity/{name}"] + gradients[name] for name in parameters}
        moved = {name: value - learning_rate * velocities[name] for name, value in parameters.items()}
        return moved, {f"velocity/{name}": velocities[name] for name in parameters} if state else {}
