"""NASWOT: how differently a fresh network treats the images of a batch.

Source: Mellor et al., "Neural architecture search without training" (2021), section 3.

Known weaknesses: the determinant grows with the number of activations, so it prefers many of them; on NAS-Bench-201 it
ranks well over all architectures and worse than the number of parameters among the best.
"""

import torch
from torch import Tensor, nn

from gtn_core.typing import Batch
from gtn_nas.zero_cost._layers import activations_of


@torch.no_grad()
def naswot(network: nn.Module, batch: Batch) -> float:
    """Return the logarithm of the determinant of the kernel of activation codes.

    An image's code says of every activation whether its input is positive. The kernel counts for each pair of images on
    how many activations their codes agree.

    Args:
        network: fresh; run once in training mode, in which it is left.
        batch: real images; the labels are not looked at.

    Returns:
        -inf where the kernel is singular, as when two images have the same code.
    """
    kernel = torch.zeros(len(batch.images), len(batch.images), dtype=torch.float64, device=batch.images.device)

    def add(layer: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        kernel.add_(agreements(inputs[0].flatten(1)))

    handles = [layer.register_forward_pre_hook(add) for layer in activations_of(network)]
    try:
        network.train()(batch.images)
    finally:
        for handle in handles:
            handle.remove()
    return float(torch.linalg.slogdet(kernel).logabsdet)


def agreements(inputs: Tensor) -> Tensor:
    """Return on how many of M activations each pair of B images agrees, `[B, B]`, from their inputs `[B, M]`.

    Example:
        >>> agreements(torch.tensor([[1.0, -1.0, 2.0], [3.0, 1.0, 1.0]]))
        tensor([[3., 2.],
                [2., 3.]])
    """
    signs = (inputs > 0).float() * 2 - 1
    # Two codes' product counts agreements less disagreements, which together are M.
    return (signs @ signs.T + signs.shape[1]) / 2
