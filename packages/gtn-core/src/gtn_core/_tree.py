"""Arithmetic on dictionaries of tensors."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor

from gtn_core.typing import Tensors


def detach(tensors: Mapping[str, Tensor]) -> Tensors:
    """Return the same values cut off from any graph."""
    return {name: tensor.detach() for name, tensor in tensors.items()}


def leaves(tensors: Mapping[str, Tensor]) -> Tensors:
    """Return the same values as fresh leaves that require gradients."""
    return {name: tensor.detach().requires_grad_() for name, tensor in tensors.items()}


def zeros_like(tensors: Mapping[str, Tensor]) -> Tensors:
    """Return zeros of the same shapes, dtypes and devices."""
    return {name: torch.zeros_like(tensor) for name, tensor in tensors.items()}


def add(left: Mapping[str, Tensor], right: Mapping[str, Tensor]) -> Tensors:
    """Return the sum, where a name that one side lacks counts as zero."""
    total = dict(left)
    for name, tensor in right.items():
        total[name] = total[name] + tensor if name in total else tensor
    return total


def scale(tensors: Mapping[str, Tensor], factor: float) -> Tensors:
    """Return every tensor times `factor`."""
    return {name: tensor * factor for name, tensor in tensors.items()}


def norm(tensors: Iterable[Tensor]) -> Tensor:
    """Return the Euclidean norm over all tensors together, a scalar; infinite or NaN where an element is."""
    total: Tensor = torch.linalg.vector_norm(torch.stack([torch.linalg.vector_norm(tensor) for tensor in tensors]))
    return total


def all_finite(tensors: Iterable[Tensor]) -> bool:
    """Say whether no tensor holds an infinity or a NaN; waits for the device once."""
    flags = [torch.isfinite(tensor).all() for tensor in tensors]
    return bool(torch.stack(flags).all()) if flags else True


@torch.no_grad()
def write(tensors: Iterable[Tensor], values: Iterable[Tensor]) -> None:
    """Give tensors other values, in place."""
    for tensor, value in zip(tensors, values, strict=True):
        tensor.copy_(value)


@contextmanager
def restored(tensors: Sequence[Tensor]) -> Iterator[None]:
    """Run the body, which may change the tensors in place, then give them back exactly the values they had."""
    own = [tensor.detach().clone() for tensor in tensors]
    try:
        yield
    finally:
        write(tensors, own)
