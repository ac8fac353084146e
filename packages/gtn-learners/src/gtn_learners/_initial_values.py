"""Initial values other than torch's defaults."""

from torch import nn


def draw_kaiming_normal(network: nn.Module) -> None:
    """Re-draw the weights of every convolution and linear layer: normal, by fan-in, with the gain of a ReLU.

    torch's default is smaller by a factor of 2.4, which without norm fades the signal from layer to layer. Biases keep
    their draw.
    Source: He et al., "Delving deep into rectifiers" (2015), section 2.2.

    Example:
        >>> import torch
        >>> layer = nn.Linear(200, 500)
        >>> draw_kaiming_normal(layer)
        >>> 0.098 < layer.weight.std().item() < 0.102
        True
    """
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            nn.init.kaiming_normal_(layer.weight)
