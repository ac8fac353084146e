"""The two variants in which a network of a search space is built.

`standard` is what the search space's own papers train on real data. `gtn` is what GTN evaluation trains on a teacher's
batches: weight-normalised, with LeakyReLU 0.1, because the teacher's step sizes were learned on such learners. Batch
norm is full in both; with which statistics it meets real data, the teacher decides.
Source: Such et al. (2020), sections 2 and 3.4, read beside the authors' code.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from torch import nn

from gtn_core.errors import UnknownNameError
from gtn_core.layers import SLOPE, Layer, weight_normalised

VariantName: TypeAlias = Literal["standard", "gtn"]
Sides: TypeAlias = tuple[int, int]


@dataclass(frozen=True)
class Variant:
    """What the layers of a network are.

    Attributes:
        name: as `build_network` takes it.
        slope: of activations, for negative inputs.
        weight_norm: whether layers with weights are weight-normalised.
    """

    name: VariantName
    slope: float
    weight_norm: bool

    def activation(self) -> nn.Module:
        """Return a ReLU or a LeakyReLU."""
        return nn.LeakyReLU(self.slope) if self.slope else nn.ReLU()

    def weighted(self, layer: Layer) -> Layer:
        """Draw the layer's weights, Kaiming-normal, and return the layer, weight-normalised where that is wanted."""
        if self.weight_norm:
            return weight_normalised(layer)
        nn.init.kaiming_normal_(layer.weight)
        return layer

    def convolution(self, inputs: int, outputs: int, kernel: Sides, stride: Sides = (1, 1)) -> nn.Conv2d:
        """Return a convolution without bias, of odd sides, padded so that a stride of 1 keeps the maps' sides."""
        height, width = kernel
        return self.weighted(nn.Conv2d(inputs, outputs, kernel, stride, (height // 2, width // 2), bias=False))

    def activated_convolution(self, inputs: int, outputs: int, kernel: Sides, stride: Sides = (1, 1)) -> nn.Sequential:
        """Return activation, convolution and batch norm: the order in which both search spaces have them."""
        convolution = self.convolution(inputs, outputs, kernel, stride)
        return nn.Sequential(self.activation(), convolution, nn.BatchNorm2d(outputs))


VARIANTS = {
    "standard": Variant("standard", slope=0.0, weight_norm=False),
    "gtn": Variant("gtn", slope=SLOPE, weight_norm=True),
}


def find_variant(name: str) -> Variant:
    """Return the variant of that name.

    Raises:
        UnknownNameError: there is none.

    Example:
        >>> find_variant("gtn").activation()
        LeakyReLU(negative_slope=0.1)
    """
    if name not in VARIANTS:
        raise UnknownNameError("variant", name, VARIANTS)
    return VARIANTS[name]
