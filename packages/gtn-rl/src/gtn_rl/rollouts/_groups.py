"""Several policies side by side in one set of environments."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor


def side_by_side(policies: Sequence[Callable[[Tensor], Tensor]]) -> Callable[[Tensor], Tensor]:
    """Return a function that gives each policy an equal share of the rows: the first ones to the first, and so on.

    Each policy meets its share as one batch.

    Args:
        policies: from observations `[n, D]` to outputs `[n, ...]`, the same n for all.

    Example:
        >>> outputs = side_by_side([torch.neg, torch.abs])
        >>> outputs(torch.tensor([[1.0], [2.0], [-3.0], [-4.0]])).flatten()
        tensor([-1., -2.,  3.,  4.])
    """

    def outputs(observations: Tensor) -> Tensor:
        shares = observations.chunk(len(policies))
        return torch.cat([policy(share) for policy, share in zip(policies, shares, strict=True)])

    return outputs
