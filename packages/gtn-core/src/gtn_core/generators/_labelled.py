"""The XY generator: from noise alone to an image and the probabilities of its classes.

The paper's image generator without a condition, and a second head on its last fully connected features that says what
the image is to be taken for. Soft labels can carry more than a class does; the paper found them no better.
Source: Such et al. (2020), section 2 and appendix F.
"""

from math import prod

import torch
from torch import Tensor, nn

from gtn_core.generators._image import LARGEST_PIXEL, check_sizes, drawing_layers, expanding_layers, small_maps
from gtn_core.layers import weight_normalised
from gtn_core.typing import Batch, ImageShape


class LabelledGenerator(nn.Module):
    """Codes to images whose pixels lie in (-2, 2), and to class probabilities.

    Args:
        image_shape: channels, height and width of the images; any sides from 8 on.
        classes: number of labels.
        code_size: size Z of a code.
        hidden: width of the first fully connected layer.
        channels: channels that the second fully connected layer and the first convolution make.

    Raises:
        ConfigurationError: a side below 8, or a width below 1.

    Example:
        >>> generator = LabelledGenerator(image_shape=(1, 8, 8), classes=10, code_size=4, hidden=8, channels=(4, 4))
        >>> images, probabilities = generator(torch.randn(3, 4), torch.arange(3))
        >>> images.shape, probabilities.shape
        (torch.Size([3, 1, 8, 8]), torch.Size([3, 10]))
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
        self._small = small_maps(image_shape, channels)
        features = prod(self._small)
        self.fully_connected = expanding_layers(code_size, hidden, features)
        self.first_convolution, self.second_convolution = drawing_layers(image_shape, channels)
        self.label_head = weight_normalised(nn.Linear(features, classes))

    def forward(self, codes: Tensor, labels: Tensor) -> Batch:
        """Return images `[B, C, H, W]` and probabilities `[B, K]` for codes `[B, Z]`; the labels change nothing."""
        features = self.fully_connected(codes)
        images = self.second_convolution(self.first_convolution(features.view(-1, *self._small)))
        return Batch(LARGEST_PIXEL * images, torch.softmax(self.label_head(features), dim=1))
