"""A trained network as a file: its weights, and in the header all that building it again takes; no pickle."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from torch import nn

from gtn_core._weights import Shapes, difference, shapes_in, shapes_of
from gtn_core.errors import ConfigurationError, GTNError
from gtn_core.runs import tensor_bytes, write_atomically
from gtn_learners import nao, nb201

BUILDERS: dict[str, Callable[..., nn.Module]] = {"nao": nao.build_network, "nb201": nb201.build_network}
HEADER = "network"
MISFITS = (ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)
"""What `build_network` can make of the arguments in anybody's file."""


def write_network(network: nn.Module, path: Path, *, space: str, build: dict[str, Any], **more: Any) -> None:
    """Write a network.

    Args:
        network: as `build_network` of its search space makes it.
        path: of the file, which is written as a whole or not at all.
        space: the name of the search space.
        build: the arguments of `build_network`, as JSON can hold them.
        more: worth knowing beside them, such as the normalisation of images.
    """
    # A single key, since those of a header have no order.
    header = {HEADER: json.dumps({"space": space, "build": build, **more})}
    content = tensor_bytes(network.state_dict(), header)
    write_atomically(path, lambda partial: partial.write_bytes(content))


def read_network(path: str | Path) -> nn.Module:
    """Return the network in a `model.safetensors` that `gtn-nas train` wrote, in evaluation mode.

    The file's header, a JSON object under the key `network`, also holds the normalisation of its images and the names
    of its classes.

    Raises:
        ConfigurationError: the file is missing, damaged, or holds something else.
    """
    try:
        found = shapes_in(Path(path))
        with safe_open(path, framework="pt") as file:
            header = json.loads((file.metadata() or {})[HEADER])
            build, arguments = BUILDERS[header["space"]], header["build"]
            _check(found, build, arguments)  # before memory is taken for what the header says
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        network = build(**arguments)
        network.load_state_dict(tensors)
    except (OSError, SafetensorError, GTNError, *MISFITS) as error:
        reason = " ".join(str(error).split())[:200]
        raise ConfigurationError(f"{path} holds no network that `gtn-nas train` wrote: {reason}") from error
    return network.eval()


def _check(found: Shapes, build: Callable[..., nn.Module], arguments: dict[str, Any]) -> None:
    if int(arguments["cells"]) > len(found):  # each has some; building takes time even without content
        raise ConfigurationError(f"{arguments['cells']!r:.40} cells have more than {len(found)} tensors")
    if wrong := difference(found, shapes_of(lambda: build(**arguments))):
        raise ConfigurationError(wrong)
