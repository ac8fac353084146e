"""Jacobian covariance: how differently a fresh network answers to changes of the images of a batch.

Source: Mellor et al., "Neural architecture search without training" (2020, the first version of the paper); as a score
beside others, Abdelfattah et al., "Zero-cost proxies for lightweight NAS" (2021), section 3.1.

Known weaknesses: batch norm in training mode mixes the images of the batch; over all of NAS-Bench-201 it ranks well,
within the best half hardly.
"""

import torch
from torch import Tensor, nn

from gtn_core.typing import Batch

SMALL = 1e-5
"""Added to eigenvalues, as in the authors' paper."""


def jacob_cov(network: nn.Module, batch: Batch) -> float:
    """Return how evenly the correlations of the images' Jacobians are spread: 0 bad, and less is worse.

    Args:
        network: fresh; left in training mode.
        batch: real images; the labels are not looked at.

    Returns:
        NaN where the logits do not depend on some image.
    """
    images = batch.images.detach().clone().requires_grad_()
    (jacobian,) = torch.autograd.grad(network.train()(images).sum(), images, allow_unused=True, materialize_grads=True)
    return spread(jacobian.flatten(1))


def spread(rows: Tensor) -> float:
    """Return minus the sum, over eigenvalues v of the rows' correlations, of log(v) + 1 / v.

    Example:
        >>> round(spread(torch.tensor([[1.0, -1.0, 0.0, 0.0], [0.0, 0.0, 1.0, -1.0]])), 3)
        -2.0
    """
    correlations = torch.corrcoef(rows.double())
    if not correlations.isfinite().all():
        return float("nan")
    values = torch.linalg.eigvalsh(correlations) + SMALL
    return float(-(values.log() + 1 / values).sum())
