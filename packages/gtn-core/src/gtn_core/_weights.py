"""Weights that may come from strangers: compared with what they are for before memory is taken for either.

What a description builds is made on torch's device `meta`, where a tensor has a shape and no content, and what a file
holds is in its header. A file whose shapes are those wanted is as large as they say, for safetensors lets no byte be
left over; so whoever lies about sizes has to bring them.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from torch import nn

from gtn_core.errors import ConfigurationError, GTNError

LARGEST_HEADER = 5_000_000

Shapes = dict[str, tuple[int, ...]]


def shapes_in(path: Path) -> Shapes:
    """Return the shapes of the tensors in a safetensors file, read from its header alone.

    Raises:
        ConfigurationError: the header is absurdly long, or does not fit the file.
        OSError: the file cannot be read.
    """
    if not path.is_file():
        raise FileNotFoundError(path)
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
    if length > LARGEST_HEADER:
        raise ConfigurationError(f"{path} says that its header has {length} bytes; it is no safetensors file of ours")
    try:
        with safe_open(path, framework="pt") as opened:
            return {name: tuple(opened.get_slice(name).get_shape()) for name in opened.keys()}  # noqa: SIM118
    except SafetensorError as error:
        raise ConfigurationError(f"{path} is damaged: {str(error)[:200]}") from error
    except MemoryError as error:  # it is mapped as a whole, and may say that it has a terabyte
        raise ConfigurationError(f"{path} is too large to be looked at") from error


def shapes_of(build: Callable[[], nn.Module]) -> Shapes:
    """Return the shapes of a module's parameters and buffers without taking memory for them.

    Args:
        build: makes the module with tensors on the default device.

    Raises:
        ConfigurationError: there is no such module.

    Example:
        >>> shapes_of(lambda: nn.Linear(10**6, 10**6, bias=False))
        {'weight': (1000000, 1000000)}
    """
    try:
        with torch.device("meta"):
            return {name: tuple(tensor.shape) for name, tensor in build().state_dict().items()}
    except GTNError as error:
        raise ConfigurationError(str(error)) from error
    except (ArithmeticError, AttributeError, RuntimeError, TypeError, ValueError) as error:
        raise ConfigurationError(f"no network can be of these sizes: {str(error).splitlines()[0][:200]}") from error


def difference(found: Mapping[str, tuple[int, ...]], expected: Mapping[str, tuple[int, ...]]) -> str:
    """Return where the shapes of a file are not those expected, in words; nothing where they are.

    Example:
        >>> difference({"weight": (2, 3)}, {"weight": (3, 2)})
        "tensor 'weight' is (2, 3), expected (3, 2)"
    """
    for name in sorted(found.keys() | expected.keys()):
        if found.get(name) != expected.get(name):
            wanted = expected.get(name, "none of that name")
            return f"tensor {name[:200]!r} is {found.get(name, 'missing')}, expected {wanted}"
    return ""
