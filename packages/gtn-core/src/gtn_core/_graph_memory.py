"""How much memory a graph holds."""

from collections.abc import Callable

from torch import Tensor
from torch.autograd.graph import saved_tensors_hooks


def bytes_saved_by(compute: Callable[[], object]) -> int:
    """Compute, and return the bytes of all that is saved for the backward pass; what is saved twice counts once.

    Example:
        >>> import torch
        >>> weights = torch.ones(1000, requires_grad=True)
        >>> bytes_saved_by(lambda: weights.exp() * weights)
        8000
    """
    sizes: dict[int, int] = {}

    def count(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        sizes[storage.data_ptr()] = storage.nbytes()
        return tensor

    with saved_tensors_hooks(count, lambda tensor: tensor):
        result = compute()  # kept until all is counted, so that no address is used twice
    del result
    return sum(sizes.values())
