"""Second derivatives where torch's own are wrong or missing.

The meta-gradient differentiates a learner's training pass twice. For a few of torch's functions that needs another way
to compute the same values:

* `torch._weight_norm`, which is what both of torch's weight norms call, forgets in its second derivative that the norm
  depends on the direction (torch 2.13, where it norms over all but the first or all but the last dimension). No error
  is raised. Its values and first derivatives are right.
* The fused kernels of `F.scaled_dot_product_attention` have no second derivative; the plain one has.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.overrides import TorchFunctionMode


@contextmanager
def second_derivatives() -> Iterator[None]:
    """Make what is computed within the body safe to differentiate twice."""
    with _ExactWeightNorm(), sdpa_kernel(SDPBackend.MATH):
        yield


class _ExactWeightNorm(TorchFunctionMode):
    def __torch_function__(
        self,
        function: Callable[..., object],
        types: object,
        arguments: tuple[Any, ...] = (),
        options: dict[str, Any] | None = None,
    ) -> object:
        return (_weight_norm if function is torch._weight_norm else function)(*arguments, **(options or {}))


def _weight_norm(v: Tensor, g: Tensor, dim: int = 0) -> Tensor:
    return v * (g / torch.norm_except_dim(v, 2, dim))
