"""Images that are parameters themselves: dataset distillation, as an arm beside the generator.

The codes of a curriculum stand for the pixels, so all that holds for codes (which batch, which order, learned or not)
holds for images. They are shown as 2 tanh(code), within the range of the paper's generator, unless another is given.
Source: Wang et al., "Dataset distillation" (2018); Such et al. (2020), section 3.3, for the arm beside the generator.
"""

import torch
from torch import Tensor, nn

from gtn_core.typing import ImageShape

CLOSEST = 1 - 1e-3
"""How near to its bound, as a share of it, a pixel starts that lies at or beyond it."""


class PixelGenerator(nn.Module):
    """Codes `[B, C * H * W]` to images, pixel by pixel; it has no parameters, and labels change nothing.

    Args:
        image_shape: channels, height and width of the images.
        largest: no pixel gets to it in either direction.

    Example:
        >>> generator = PixelGenerator((1, 8, 8))
        >>> images = torch.rand(3, 1, 8, 8)
        >>> torch.allclose(generator(generator.codes_of(images), torch.arange(3)), images, atol=1e-6)
        True
    """

    def __init__(self, image_shape: ImageShape, largest: float = 2.0) -> None:
        super().__init__()
        self._image_shape, self.largest = image_shape, largest

    def forward(self, codes: Tensor, labels: Tensor) -> Tensor:
        """Return images `[B, C, H, W]`."""
        return self.largest * codes.view(-1, *self._image_shape).tanh()

    def codes_of(self, images: Tensor) -> Tensor:
        """Return the codes `[B, C * H * W]` that show these images, brighter pixels cut off."""
        return torch.atanh((images / self.largest).clamp(-CLOSEST, CLOSEST)).flatten(1)
