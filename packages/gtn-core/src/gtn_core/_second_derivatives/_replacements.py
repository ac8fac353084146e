"""Second derivatives where torch's own are wrong, missing or slow.

The meta-gradient differentiates a learner's training pass twice. For a few of torch's functions that needs another way
to compute the same values:

* `torch._weight_norm`, which is what both of torch's weight norms call, forgets in its second derivative that the norm
  depends on the direction (torch 2.13, where it norms over all but the first or all but the last dimension). No error
  is raised. Its values and first derivatives are right.
* The fused kernels of `F.scaled_dot_product_attention` have no second derivative; the plain one has.
* On a CPU, batch norm's takes six times as long as its first, and max pooling over 2x2 windows is slow even forward:
  `_batch_norm.py` and `_max_pooling.py` are faster there. On other devices torch's own are used.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.overrides import TorchFunctionMode

from gtn_core._second_derivatives._batch_norm import batch_norm
from gtn_core._second_derivatives._max_pooling import max_pool_2x2


@contextmanager
def second_derivatives() -> Iterator[None]:
    """Make what is computed within the body safe to differentiate twice, and cheap on a CPU."""
    with _Replacements(), sdpa_kernel(SDPBackend.MATH):
        yield


class _Replacements(TorchFunctionMode):
    def __torch_function__(
        self,
        function: Callable[..., object],
        types: object,
        arguments: tuple[Any, ...] = (),
        options: dict[str, Any] | None = None,
    ) -> object:
        replacement = _REPLACEMENTS.get(function, function)
        return replacement(*arguments, **(options or {}))


def _weight_norm(v: Tensor, g: Tensor, dim: int = 0) -> Tensor:
    return v * (g / torch.norm_except_dim(v, 2, dim))


def _batch_norm(
    input: Tensor,  # torch's names, by which it may be called
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    several_values = input.dim() > 1 and input.numel() > input.shape[1]  # torch refuses a single one
    if training and several_values and _is_plain(input):
        return batch_norm(input, running_mean, running_var, weight, bias, momentum, eps)
    return F.batch_norm(input, running_mean, running_var, weight, bias, training, momentum, eps)


def _max_pool(
    input: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    geometry = (kernel_size, stride or kernel_size, padding, dilation)
    by_two = tuple(map(_pair, geometry)) == _EVERY_SECOND and _has_whole_windows(input, ceil_mode)
    if by_two and not return_indices and _is_plain(input):
        return max_pool_2x2(input)
    pool: Callable[..., Any] = F.max_pool2d
    return pool(input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


_EVERY_SECOND = ((2, 2), (2, 2), (0, 0), (1, 1))
"""Kernel, stride, padding and dilation of pooling over 2x2 windows."""


def _pair(size: Any) -> tuple[int, ...]:
    return (size, size) if isinstance(size, int) else tuple(size)


def _has_whole_windows(images: Tensor, ceil_mode: bool) -> bool:
    """Say whether there is a window, and none that reaches over the border."""
    if images.dim() != 4 or min(images.shape[2:]) < 2:
        return False
    return not ceil_mode or all(side % 2 == 0 for side in images.shape[2:])


def _is_plain(tensor: Tensor) -> bool:
    """Say whether this is what the CPU versions are written for."""
    return tensor.device.type == "cpu" and tensor.dtype in (torch.float32, torch.float64)


_REPLACEMENTS: dict[Callable[..., object], Callable[..., object]] = {
    torch._weight_norm: _weight_norm,
    F.batch_norm: _batch_norm,
    F.max_pool2d: _max_pool,
}
