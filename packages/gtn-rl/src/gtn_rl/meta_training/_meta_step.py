"""One optimizer step on meta-parameters, which leaves them alone where the meta-gradient is not to be followed."""

from collections.abc import Sequence

import torch
from torch import Tensor

from gtn_core import _tree
from gtn_core.runs import GradientGuard


def meta_step(
    optimizer: torch.optim.Optimizer,
    meta_parameters: Sequence[Tensor],
    gradients: Sequence[Tensor],
    clip: float | None,
    guard: GradientGuard | None = None,
) -> float | None:
    """Take the step, and leave no gradient behind.

    Args:
        optimizer: of the meta-parameters and perhaps of others, which have no gradient and so do not move.
        meta_parameters: to change.
        gradients: one for each.
        clip: largest norm of all gradients together.
        guard: knows the norms before, and judges this one; None for a new one, to which nothing finite has exploded.

    Returns:
        The norm before clipping, or None where it was not finite or had exploded, and no step was taken.

    Example:
        >>> weight = torch.nn.Parameter(torch.tensor([3.0]))
        >>> meta_step(torch.optim.SGD([weight], lr=1.0), [weight], [torch.tensor([2.0])], clip=1.0)
        2.0
        >>> weight.tolist()
        [2.0]
    """
    norm = float(_tree.norm(gradients))
    if not (guard or GradientGuard()).admits(norm):
        return None
    shrink = min(1.0, (clip or float("inf")) / max(norm, 1e-12))
    optimizer.zero_grad()
    for parameter, gradient in zip(meta_parameters, gradients, strict=True):
        parameter.grad = gradient * shrink
    optimizer.step()
    optimizer.zero_grad()
    return norm
