"""A hyper-parameter that can be learnt: one value an inner step, or one for all; positive, or within (0, 1)."""

from typing import Literal

import torch
from torch import Tensor, nn

from gtn_core.errors import ConfigurationError


class Schedule(nn.Module):
    """Values stored unconstrained: as logarithms (`positive`) or as logits (`unit`).

    Steps beyond the schedule hold its last value.

    Args:
        name: what the values are, for error messages.
        initial: the value at every step.
        steps: how many steps have values of their own; 1 shares one value among all.
        constraint: `positive` for learning rates, `unit` for momenta and other decay rates in (0, 1).

    Example:
        >>> round(Schedule("learning rate", 0.02, steps=32, constraint="positive").at(40).item(), 3)
        0.02
    """

    def __init__(self, name: str, initial: float, steps: int, constraint: Literal["positive", "unit"]) -> None:
        super().__init__()
        if not 0.0 < initial < (1.0 if constraint == "unit" else float("inf")):
            allowed = "between 0 and 1, both excluded" if constraint == "unit" else "a positive number"
            raise ConfigurationError(f"{name} must be {allowed}; got {initial}")
        value = torch.tensor(initial, dtype=torch.float64, device="cpu")  # a number, also where shapes alone are made
        raw = value.log() if constraint == "positive" else value.logit()
        self.raw = nn.Parameter(torch.full((steps,), float(raw)))
        self.constraint = constraint

    def at(self, step: int) -> Tensor:
        """Return the value at an inner step, as a scalar tensor."""
        raw = self.raw[min(step, len(self.raw) - 1)]
        return raw.exp() if self.constraint == "positive" else raw.sigmoid()

    def values(self) -> Tensor:
        """Return all values, `[steps]`, without a graph."""
        raw = self.raw.detach()
        return raw.exp() if self.constraint == "positive" else raw.sigmoid()


def schedules_of(inner_optimizer: nn.Module) -> dict[str, list[float]]:
    """Return an inner optimizer's hyper-parameters by name, one value a step or one for all.

    Example:
        >>> from gtn_core.inner_optimizers import SGD
        >>> {name: len(values) for name, values in schedules_of(SGD(steps=3)).items()}
        {'learning_rate': 3, 'momentum': 3}
    """
    children = inner_optimizer.named_children()
    return {name: child.values().tolist() for name, child in children if isinstance(child, Schedule)}
