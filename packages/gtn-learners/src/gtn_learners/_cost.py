"""What a network costs: its parameters, and its operations on one image."""

from math import prod

import torch
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from gtn_core.typing import ImageShape

ACTIVATIONS = (nn.ReLU, nn.LeakyReLU)
POOLINGS = (nn.AvgPool2d, nn.MaxPool2d)
COUNTED = (nn.Conv2d, nn.Linear, nn.BatchNorm2d, *ACTIVATIONS, *POOLINGS, nn.AdaptiveAvgPool2d)


def count_parameters(network: nn.Module) -> int:
    """Return the number of trainable parameters.

    Those of weight norm count too, so tables of published counts belong to networks without it.

    Example:
        >>> count_parameters(nn.Linear(3, 2))
        8
    """
    return sum(parameter.numel() for parameter in network.parameters() if parameter.requires_grad)


def count_flops(network: nn.Module, image_shape: ImageShape) -> int:
    """Return what the network's layers compute on one image, counted as the published tables of NAS-Bench-201 count it.

    Convolutions and linear layers count one for each multiplication (and the addition that goes with it), biases
    nothing. Batch norm counts two for each element, ReLU and LeakyReLU one, pooling with a window of k x k k² for each
    element it returns. Global average pooling of h x w maps counts (h + 1)(w + 1) a channel, which is the convention's
    slip. Sums, concatenations and padding count nothing; nor do layers of other kinds.

    This is how NAS-Bench-Suite-Zero (Krishnakumar et al., 2022) counts, through TensorWatch. The counts that the
    benchmark's own interface returns are of convolutions and of the last linear layer, with its bias, alone.

    Args:
        network: runs once, in evaluation mode; left as it was.
        image_shape: channels, height and width.

    Example:
        >>> count_flops(nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU()), (3, 8, 8))
        7680
    """
    total = 0

    def add(layer: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        nonlocal total
        total += _flops(layer, inputs[0], output)

    handles: list[RemovableHandle] = [
        layer.register_forward_hook(add) for layer in network.modules() if isinstance(layer, COUNTED)
    ]
    modes = {layer: layer.training for layer in network.modules()}
    place = next(network.parameters())
    try:
        with torch.no_grad():
            network.eval()(torch.zeros(1, *image_shape, dtype=place.dtype, device=place.device))
    finally:
        for handle in handles:
            handle.remove()
        for layer, training in modes.items():
            layer.training = training
    return total


def _flops(layer: nn.Module, maps: Tensor, output: Tensor) -> int:
    if isinstance(layer, nn.Conv2d):
        return output.numel() * prod(layer.kernel_size) * layer.in_channels // layer.groups
    if isinstance(layer, nn.Linear):
        return output.numel() * layer.in_features
    if isinstance(layer, nn.BatchNorm2d):
        return 2 * output.numel()
    if isinstance(layer, POOLINGS):
        height, width = layer.kernel_size if isinstance(layer.kernel_size, tuple) else [layer.kernel_size] * 2
        return output.numel() * height * width
    if isinstance(layer, nn.AdaptiveAvgPool2d):
        return maps.shape[1] * (maps.shape[2] + 1) * (maps.shape[3] + 1)
    return output.numel()
