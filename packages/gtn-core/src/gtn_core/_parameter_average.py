"""An exponential moving average of parameters, which is steadier than the parameters of any one step.

Source: Polyak and Juditsky, "Acceleration of stochastic approximation by averaging" (1992); with the growing decay that
is customary, so that the first values do not linger: after n updates at most (1 + n) / (10 + n).
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor

from gtn_core import _tree


class ParameterAverage:
    """Follows parameters, and can stand in for them.

    Args:
        parameters: to follow; the average starts at their values.
        decay: share of the average that an update leaves, from 0 (the average is the newest values) to below 1.

    Example:
        >>> weights = torch.zeros(2)
        >>> average = ParameterAverage([weights], decay=0.5)
        >>> _ = weights.fill_(4.0)
        >>> average.update(count=100)
        >>> average.values
        [tensor([2., 2.])]
    """

    def __init__(self, parameters: Sequence[Tensor], decay: float) -> None:
        self.decay = decay
        self._parameters = parameters
        self.values = [parameter.detach().clone() for parameter in parameters]

    @torch.no_grad()
    def update(self, count: int) -> None:
        """Move towards the parameters; `count` updates went before."""
        decay = min(self.decay, (1 + count) / (10 + count))
        for value, parameter in zip(self.values, self._parameters, strict=True):
            value.lerp_(parameter, 1 - decay)

    def write(self) -> None:
        """Give the parameters the average's values."""
        _tree.write(self._parameters, self.values)

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """Within the body the parameters have the average's values; after it, their own again."""
        with _tree.restored(self._parameters):
            self.write()
            yield
