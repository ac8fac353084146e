"""The paper's image generator: two fully connected layers, then two upsampled convolutions.

Source: Such et al. (2020), section 2 and appendix A.1. Every layer is weight-normalised with one magnitude for each
output unit; all batch norm uses the batch at hand, always, so an image depends on the other codes of its batch and a
curriculum must be rendered batch by batch.
"""

from math import ceil, prod

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gtn_core.errors import ConfigurationError
from gtn_core.generators._upsampled_convolution import UpsampledConvolution
from gtn_core.layers import SLOPE, weight_normalised
from gtn_core.typing import ImageShape

SMALLEST_SIDE = 8
LARGEST_PIXEL = 2.0


class ImageGenerator(nn.Module):
    """Codes and labels to images whose pixels lie in (-2, 2), to suit data of mean 0 and standard deviation 1.

    Args:
        image_shape: channels, height and width of the images; any sides from 8 on.
        classes: number of labels.
        code_size: size Z of a code.
        hidden: width of the first fully connected layer.
        channels: channels that the second fully connected layer and the first convolution make.

    Raises:
        ConfigurationError: a side below 8, or a width below 1.

    Example:
        >>> generator = ImageGenerator(image_shape=(1, 28, 28), classes=10)
        >>> sum(parameter.numel() for parameter in generator.parameters())
        6660226
        >>> generator(torch.randn(4, 128), torch.arange(4)).shape
        torch.Size([4, 1, 28, 28])
    """

    def __init__(
        self,
        *,
        image_shape: ImageShape,
        classes: int,
        code_size: int = 128,
        hidden: int = 1024,
        channels: tuple[int, int] = (128, 64),
    ) -> None:
        super().__init__()
        check_sizes(image_shape, classes, code_size, hidden, channels)
        self.classes = classes
        self._small = small_maps(image_shape, channels)
        self.fully_connected = expanding_layers(code_size + classes, hidden, prod(self._small))
        self.first_convolution, self.second_convolution = drawing_layers(image_shape, channels)

    def forward(self, codes: Tensor, labels: Tensor) -> Tensor:
        """Return images `[B, C, H, W]` for codes `[B, Z]` and class indices `[B]`."""
        condition = F.one_hot(labels, self.classes).to(codes.dtype)
        maps = self.fully_connected(torch.cat([codes, condition], dim=1)).view(-1, *self._small)
        images: Tensor = self.second_convolution(self.first_convolution(maps))
        return LARGEST_PIXEL * images


def small_maps(image_shape: ImageShape, channels: tuple[int, int]) -> tuple[int, int, int]:
    """Return channels, height and width of the maps between the fully connected layers and the convolutions."""
    _, height, width = image_shape
    return channels[0], ceil(height / 4), ceil(width / 4)


def expanding_layers(inputs: int, hidden: int, features: int) -> nn.Sequential:
    """Return the two fully connected layers."""
    return nn.Sequential(
        weight_normalised(nn.Linear(inputs, hidden, bias=False)),
        nn.BatchNorm1d(hidden, track_running_stats=False),
        nn.LeakyReLU(SLOPE),
        weight_normalised(nn.Linear(hidden, features, bias=False)),
        nn.BatchNorm1d(features, track_running_stats=False),
        nn.LeakyReLU(SLOPE),
    )


def drawing_layers(image_shape: ImageShape, channels: tuple[int, int]) -> tuple[nn.Sequential, nn.Sequential]:
    """Return the two upsampled convolutions, from small maps to pixels within (-1, 1)."""
    (depth, height, width), (wide, narrow) = image_shape, channels
    first = nn.Sequential(
        weight_normalised(UpsampledConvolution(wide, narrow, (ceil(height / 2), ceil(width / 2)))),
        nn.BatchNorm2d(narrow, track_running_stats=False),
        nn.LeakyReLU(SLOPE),
    )
    second = nn.Sequential(
        weight_normalised(UpsampledConvolution(narrow, depth, (height, width), bias=True)), nn.Tanh()
    )
    return first, second


def check_sizes(shape: ImageShape, classes: int, code_size: int, hidden: int, channels: tuple[int, int]) -> None:
    """Raise `ConfigurationError` where these layers cannot be made."""
    if min(shape[1:]) < SMALLEST_SIDE:
        raise ConfigurationError(
            f"the image generator makes sides of at least {SMALLEST_SIDE} pixels; got {shape[1]} x {shape[2]}"
        )
    if min(shape[0], classes, code_size, hidden, *channels) < 1 or len(channels) != 2:
        raise ConfigurationError(
            f"a generator needs positive sizes: image_shape={shape}, classes={classes}, code_size={code_size}, "
            f"hidden={hidden}, channels={tuple(channels)}"
        )
