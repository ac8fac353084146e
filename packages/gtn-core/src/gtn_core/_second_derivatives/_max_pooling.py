"""Max pooling over 2x2 windows, on a CPU several times faster than torch's.

torch's kernel walks the windows one by one where images are stored channel by channel. Comparing all columns, then
all rows, uses vector instructions. Only the places of the largest pixels are found that way; the pixels are then
gathered, which torch can differentiate any number of times.
"""

import torch
from torch import Tensor


def max_pool_2x2(inputs: Tensor) -> Tensor:
    """Return the largest pixel of every 2x2 window, the first of equals; a last odd row or column is left out.

    Args:
        inputs: `[B, C, H, W]`.
    """
    height, width = inputs.shape[2] // 2, inputs.shape[3] // 2
    with torch.no_grad():
        places = _largest_places(inputs.detach()[:, :, : 2 * height, : 2 * width], inputs.shape[3])
    return inputs.flatten(2).gather(2, places.flatten(2)).view(*inputs.shape[:2], height, width)


def _largest_places(inputs: Tensor, row_length: int) -> Tensor:
    """Return where, in each image stored row by row, the largest pixel of every window lies."""
    left, right = inputs.unflatten(3, (-1, 2)).unbind(4)
    at_right = _is_larger(right, left)
    top, bottom = torch.maximum(left, right).unflatten(2, (-1, 2)).unbind(3)
    below = _is_larger(bottom, top)
    top_at_right, bottom_at_right = at_right.unflatten(2, (-1, 2)).unbind(3)
    at_right = (below & bottom_at_right) | (~below & top_at_right)
    height, width = at_right.shape[2:]
    corners = 2 * row_length * torch.arange(height)[:, None] + 2 * torch.arange(width)
    places: Tensor = below.long().mul_(row_length).add_(at_right.long()).add_(corners)
    return places


def _is_larger(second: Tensor, first: Tensor) -> Tensor:
    return (second > first) | second.isnan()
