"""How much memory the graphs of an unroll may hold, and how much one holds."""

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import ByteSize, Field, TypeAdapter, ValidationError
from torch import Tensor
from torch.autograd.graph import saved_tensors_hooks

from gtn_core.errors import ConfigurationError
from gtn_core.typing import MemoryMode

ALLOWED = "'recompute', 'store' or an amount such as 2GiB"
_AMOUNT = TypeAdapter(Annotated[ByteSize, Field(gt=0)])


def parse_memory(memory: Any) -> MemoryMode:
    """Return `recompute`, `store`, or a number of bytes.

    Raises:
        ConfigurationError: it is neither.

    Example:
        >>> parse_memory("2GiB"), parse_memory("store")
        (2147483648, 'store')
    """
    if memory == "recompute" or memory == "store":
        return "recompute" if memory == "recompute" else "store"
    try:
        return int(_AMOUNT.validate_python(memory))
    except ValidationError as error:
        raise ConfigurationError(f"memory is {memory!r}; it can be {ALLOWED}") from error


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
