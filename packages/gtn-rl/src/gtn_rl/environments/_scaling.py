"""Between the latent states that the networks see and the observations an agent sees."""

import torch
from gymnasium import spaces
from torch import Tensor, nn

from gtn_rl.spaces import SpaceDescription

INNERMOST = 0.995
"""Share of the way to a bound beyond which observations are taken for one another; no finite state is at the bound."""


class ObservationScaling(nn.Module):
    """Latent states are observations counted from their mean in standard deviations, before they meet their bounds.

    A bounded observation approaches its bounds by tanh, so that it always lies within the real environment's space.
    D numbers of a state.

    Args:
        space: of the observations.

    Example:
        >>> scaling = ObservationScaling(SpaceDescription(kind="box", low=(-1.0, None), high=(1.0, None)))
        >>> scaling(torch.tensor([[0.0, 3.0], [99.0, 99.0]]))
        tensor([[ 0.,  3.],
                [ 1., 99.]])
    """

    mean: Tensor
    std: Tensor
    centre: Tensor
    half_range: Tensor
    bounded: Tensor
    low: Tensor
    high: Tensor

    def __init__(self, space: SpaceDescription) -> None:
        super().__init__()
        box = space.space()
        assert isinstance(box, spaces.Box)
        low, high = torch.from_numpy(box.low), torch.from_numpy(box.high)
        bounded = low.isfinite() & high.isfinite()
        self.register_buffer("mean", torch.zeros(box.shape))
        self.register_buffer("std", torch.ones(box.shape))
        self.register_buffer("bounded", bounded, persistent=False)
        self.register_buffer("centre", torch.where(bounded, (low + high) / 2, 0.0), persistent=False)
        self.register_buffer("half_range", torch.where(bounded, (high - low) / 2, 1.0), persistent=False)
        self.register_buffer("low", low, persistent=False)
        self.register_buffer("high", high, persistent=False)

    def measure(self, observations: Tensor) -> None:
        """Take mean and deviation from real observations `[N, D]`."""
        self.mean.copy_(observations.mean(0))
        self.std.copy_(observations.std(0).clamp(min=1e-3))

    def latent(self, observations: Tensor) -> Tensor:
        """Return the states `[..., D]` that observations `[..., D]` stand for; bounds for states just within them."""
        within = ((observations - self.centre) / self.half_range).clamp(-INNERMOST, INNERMOST)
        values = torch.where(self.bounded, self.centre + self.half_range * within.atanh(), observations)
        return (values - self.mean) / self.std

    def forward(self, states: Tensor) -> Tensor:
        """Return observations `[..., D]` of latent states `[..., D]`."""
        values = torch.addcmul(self.mean, self.std, states)
        within = torch.addcmul(self.centre, self.half_range, ((values - self.centre) / self.half_range).tanh())
        # Rounding may carry the sum past a bound, and one bound alone has no tanh.
        return torch.where(self.bounded, within, values).clamp(self.low, self.high)
