"""An artefact as a folder: weights in safetensors, a description in JSON with the weights' checksum; never pickled."""

import json
from collections.abc import Callable, Mapping
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Any, TypeVar

import torch
from pydantic import ValidationError
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from gtn_core._reading import read_json
from gtn_core._specification import Specification, first_problem
from gtn_core._weights import difference, shapes_in, shapes_of
from gtn_core.errors import ConfigurationError
from gtn_core.runs import tensor_bytes, write_together
from gtn_core.typing import Tensors
from gtn_rl.errors import ArtefactError

LARGEST_DESCRIPTION = 1_000_000
ADVICE = "train or fetch it again"

Description = TypeVar("Description", bound=Specification)


def write_artefact(
    folder: Path, kind: str, weights: Mapping[str, Tensor], description: Mapping[str, Any], readme: str, version: int
) -> None:
    """Write all files beside their final names first, so that a crash never leaves a half-written one.

    Args:
        folder: made where it is missing.
        kind: names the files: `<kind>.safetensors` and `<kind>.json`.
        weights: by name.
        description: what JSON can hold; format version and checksum are added.
        readme: for people.
        version: of the format.
    """
    tensors = tensor_bytes(weights)
    content = {"format_version": version, **description, "weights_sha256": sha256(tensors).hexdigest()}
    text = json.dumps(content, indent=2, allow_nan=False) + "\n"

    def write(made: Path) -> None:
        (made / f"{kind}.safetensors").write_bytes(tensors)
        (made / f"{kind}.json").write_text(text)
        (made / "README.md").write_text(readme)

    write_together(folder, (f"{kind}.safetensors", f"{kind}.json", "README.md"), write)


def read_description(folder: Path, kind: str, model: type[Description], version: int) -> Description:
    """Return the checked content of an artefact's JSON file.

    Args:
        folder: of the artefact.
        kind: see `write_artefact`.
        model: has `format_version` and `weights_sha256` among its fields.
        version: that is read.

    Raises:
        ArtefactError: missing, damaged, or of another format.
    """
    path = folder / f"{kind}.json"
    if not path.is_file():
        raise ArtefactError(
            f"{folder} holds no {kind}: {path.name} is missing; name a folder that `gtn-rl train` wrote"
        )
    try:
        content = read_json(path, LARGEST_DESCRIPTION)
        found = content.get("format_version") if isinstance(content, dict) else None
        if type(found) is int and found > version:
            raise ArtefactError(f"{path} has format version {found}, this gtn-rl reads {version}; install a newer one")
        if found != version:
            raise ArtefactError(
                f"{path} is damaged: format_version is {found!r:.60}, this gtn-rl reads {version}; {ADVICE}"
            )
        return model.model_validate(content)
    except (ValueError, OSError, ConfigurationError) as error:
        reason = first_problem(error) if isinstance(error, ValidationError) else error
        raise ArtefactError(f"{path} is damaged: {reason}; {ADVICE}") from error


def check_shapes(folder: Path, kind: str, build: Callable[[], nn.Module]) -> None:
    """Raise unless an artefact's weights are those of a module, before memory is taken for either.

    Args:
        folder: of the artefact.
        kind: see `write_artefact`.
        build: makes the module, here without content.

    Raises:
        ArtefactError: the weights are missing, damaged, or of another module.
    """
    path = folder / f"{kind}.safetensors"
    try:
        wrong = difference(shapes_in(path), shapes_of(build))
    except FileNotFoundError:
        raise ArtefactError(f"{folder} is no whole artefact: {path.name} is missing; {ADVICE}") from None
    except (ConfigurationError, OSError) as error:
        raise ArtefactError(f"{folder} is damaged: {error}; {ADVICE}") from error
    if wrong:
        raise ArtefactError(f"the weights in {folder} do not fit their description: {wrong}; {ADVICE}")


def read_weights(folder: Path, kind: str, sha256: str) -> Tensors:
    """Return an artefact's weights: finite single-precision numbers of the recorded checksum.

    Call it after `check_shapes`.

    Raises:
        ArtefactError: damaged or altered.
    """
    path = folder / f"{kind}.safetensors"
    try:
        weights = load_file(path)
    except (SafetensorError, OSError) as error:
        raise ArtefactError(f"{path} is damaged: {error}; {ADVICE}") from error
    if _sha256(path) != sha256:
        raise ArtefactError(f"{path} was altered: its checksum is not that in {kind}.json; {ADVICE}")
    if not all(tensor.dtype == torch.float32 and tensor.isfinite().all() for tensor in weights.values()):
        raise ArtefactError(f"{path} is damaged: it holds other than finite 32-bit numbers; {ADVICE}")
    return weights


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()
