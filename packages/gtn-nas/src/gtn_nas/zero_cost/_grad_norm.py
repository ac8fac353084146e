"""Size of the gradient at the start.

Source: Abdelfattah et al., "Zero-cost proxies for lightweight NAS" (2021), section 3.1.

Known weaknesses: one batch and one draw of initial values decide; on NAS-Bench-201 it ranks worse than the number of
parameters, and among the best architectures it ranks backwards.
"""

import torch
import torch.nn.functional as F
from torch import nn

from gtn_core.typing import Batch
from gtn_nas.zero_cost._layers import weights_of


def grad_norm(network: nn.Module, batch: Batch) -> float:
    """Return the sum, over convolutions and linear layers, of the Euclidean norm of the loss's gradient.

    Args:
        network: fresh; left in training mode.
        batch: real images and labels.
    """
    weights = weights_of(network)
    loss = F.cross_entropy(network.train()(batch.images), batch.labels)
    gradients = torch.autograd.grad(loss, weights, allow_unused=True, materialize_grads=True)
    return float(sum(gradient.norm() for gradient in gradients))
