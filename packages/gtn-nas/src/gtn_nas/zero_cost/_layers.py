"""What zero-cost scores look at: the layers with weights, and what they let through."""

from collections.abc import Iterator

from torch import Tensor, nn

from gtn_core.layers import without_weight_norm

WEIGHTED = (nn.Conv2d, nn.Linear)
ACTIVATIONS = (nn.ReLU, nn.LeakyReLU)


def weights_of(network: nn.Module) -> list[Tensor]:
    """Return the weights of all convolutions and linear layers; none of biases or norms.

    Weight-normalised layers become plain ones with the same weights, which are what these scores look at.
    """
    return [layer.weight for layer in without_weight_norm(network).modules() if isinstance(layer, WEIGHTED)]


def activations_of(network: nn.Module) -> Iterator[nn.Module]:
    """Yield the layers that let positive numbers through and hold others back."""
    return (layer for layer in network.modules() if isinstance(layer, ACTIVATIONS))
