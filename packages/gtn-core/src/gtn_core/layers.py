"""The blocks that the paper's generator and learners are made of.

Every layer with weights is weight-normalised and starts from a Kaiming-normal draw; a learner's block ends in mean-only
batch norm and a LeakyReLU.
Source: Such et al. (2020), section 3.1 and appendix A.1; Salimans and Kingma, "Weight normalization" (2016).

Like all of `torch.nn`, these draw from the global generator: call them within `gtn_core.seeding.seeded_by`.
"""

from typing import TypeVar

from torch import nn
from torch.nn.utils.parametrizations import weight_norm
from torch.nn.utils.parametrize import is_parametrized, remove_parametrizations

from gtn_core.batch_norm import MeanOnlyBatchNorm

SLOPE = 0.1
"""Of every LeakyReLU, for negative inputs."""

Layer = TypeVar("Layer", nn.Linear, nn.Conv2d)
Made = TypeVar("Made", bound=nn.Module)


def weight_normalised(layer: Layer) -> Layer:
    """Re-draw a layer's weights and split them into directions and one magnitude for each output unit.

    The weights are Kaiming-normal (fan-in, the gain of a ReLU) and the layer starts at those weights; a bias keeps its
    draw. Differentiate twice through `FunctionalLearner` only, which mends torch's second derivative of weight norm.

    Args:
        layer: changed in place.

    Returns:
        The layer.

    Example:
        >>> layer = weight_normalised(nn.Linear(3, 2))
        >>> {name: list(parameter.shape) for name, parameter in layer.named_parameters()}
        {'bias': [2], 'parametrizations.weight.original0': [2, 1], 'parametrizations.weight.original1': [2, 3]}
    """
    nn.init.kaiming_normal_(layer.weight)
    weight_norm(layer)
    return layer


def without_weight_norm(module: Made) -> Made:
    """Make every weight-normalised layer a plain one with the same weights; the module is changed and returned.

    Example:
        >>> layer = without_weight_norm(weight_normalised(nn.Linear(3, 2)))
        >>> [name for name, _ in layer.named_parameters()]
        ['bias', 'weight']
    """
    for layer in module.modules():
        if is_parametrized(layer, "weight"):
            remove_parametrizations(layer, "weight")
    return module


def convolution_block(inputs: int, outputs: int, *, stride: int = 1, pooling: nn.Module | None = None) -> nn.Sequential:
    """Return a padded 3x3 convolution, a pooling layer if given, mean-only batch norm and a LeakyReLU.

    Args:
        inputs: channels in.
        outputs: channels out.
        stride: of the convolution; 2 halves the side, rounding up.
        pooling: comes before the norm.

    Example:
        >>> import torch
        >>> convolution_block(1, 4, stride=2)(torch.zeros(2, 1, 7, 8)).shape
        torch.Size([2, 4, 4, 4])
    """
    convolution = weight_normalised(nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False))
    return nn.Sequential(convolution, *([pooling] if pooling else []), MeanOnlyBatchNorm(outputs), nn.LeakyReLU(SLOPE))


def linear_block(inputs: int, outputs: int, *, bias: bool = False) -> nn.Sequential:
    """Return a linear layer, mean-only batch norm and a LeakyReLU.

    Args:
        inputs: features in.
        outputs: features out.
        bias: whether the linear layer has a bias of its own, which the norm's mean cancels.
    """
    return nn.Sequential(
        weight_normalised(nn.Linear(inputs, outputs, bias=bias)), MeanOnlyBatchNorm(outputs), nn.LeakyReLU(SLOPE)
    )
