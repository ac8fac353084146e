"""Synaptic flow: how much reaches the logits along all paths, weights taken without their signs.

Source: Tanaka et al., "Pruning neural networks without any data by iteratively conserving synaptic flow" (2020),
section 4; as a score of architectures, Abdelfattah et al., "Zero-cost proxies for lightweight NAS" (2021), section 3.1.

Known weaknesses: it never sees data, and grows with depth and width, so much of what it says about NAS-Bench-201 the
number of parameters says too; it says little about the best tenth.
"""

import torch
from torch import nn

from gtn_core.typing import Batch
from gtn_nas.zero_cost._layers import weights_of


def synflow(network: nn.Module, batch: Batch) -> float:
    """Return the sum of |w · dR/dw| over all weights w of convolutions and linear layers, R the sum of the logits.

    The network is taken with its weights' absolute values, on an image of ones. In evaluation mode a fresh network's
    batch norm divides by 1, so that what is left is linear on that image.

    Args:
        network: fresh; its weights lose their signs, and become 64-bit numbers, because products of many overflow.
        batch: says of which form images are; nothing else of it is looked at.
    """
    network.double().eval()
    weights = weights_of(network)
    with torch.no_grad():
        for weight in weights:
            weight.abs_()
    ones = torch.ones_like(batch.images[:1], dtype=torch.float64)
    flow = network(ones).sum()
    gradients = torch.autograd.grad(flow, weights, allow_unused=True, materialize_grads=True)
    flows = [(weight.detach() * gradient).abs().sum() for weight, gradient in zip(weights, gradients, strict=True)]
    return float(sum(flows))
