"""An artefact as a folder: weights in safetensors, a description in JSON with their checksum, a README; never pickled.

Artefacts travel, so each may come from a stranger. A description is checked value by value; weights are compared with
what it describes before memory is taken for either, then with the recorded checksum, and have to be finite.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Any, Generic, TypeVar

import torch
from pydantic import ValidationError
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from gtn_core._files import tensor_bytes, write_together
from gtn_core._reading import read_json
from gtn_core._specification import Specification, first_problem
from gtn_core._weights import difference, shapes_in, shapes_of
from gtn_core.errors import ConfigurationError, GTNError
from gtn_core.typing import Tensors

LARGEST_DESCRIPTION = 1_000_000
README = "README.md"
ADVICE = "make or download it again"


class ArtefactDescription(Specification):
    """What every artefact's JSON file has beside its own keys.

    Attributes:
        format_version: of the file.
        weights_sha256: of the weights' file; null in artefacts that were written before there was one.
    """

    format_version: int = 1
    weights_sha256: str | None = None


DescriptionT = TypeVar("DescriptionT", bound=ArtefactDescription)
ModuleT = TypeVar("ModuleT", bound=nn.Module)


@dataclass(frozen=True)
class ArtefactFiles(Generic[DescriptionT]):
    """The files of one kind of artefact.

    Args:
        kind: names them: `<kind>.safetensors` and `<kind>.json`, beside `README.md`.
        description: the content of the JSON file.
        error: raised for a folder that is missing something, damaged, altered or newer.
        writer: the command that makes such folders, for an error's advice.

    Example:
        >>> import tempfile
        >>> from gtn_core.errors import TeacherError
        >>> line = ArtefactFiles("line", ArtefactDescription, TeacherError, "gtn line")
        >>> folder = Path(tempfile.mkdtemp())
        >>> line.write(folder, nn.Linear(2, 1).state_dict(), {}, "A line.")
        >>> line.load(folder, line.describe(folder), lambda: nn.Linear(2, 1))
        Linear(in_features=2, out_features=1, bias=True)
    """

    kind: str
    description: type[DescriptionT]
    error: type[GTNError]
    writer: str

    @property
    def weights_name(self) -> str:
        """Name of the weights' file."""
        return f"{self.kind}.safetensors"

    @property
    def description_name(self) -> str:
        """Name of the description's file."""
        return f"{self.kind}.json"

    @property
    def names(self) -> tuple[str, str, str]:
        """Names of all files."""
        return self.weights_name, self.description_name, README

    def write(self, folder: Path, weights: Mapping[str, Tensor], content: Mapping[str, Any], readme: str) -> None:
        """Write all files beside their final names first, so that a crash never leaves a half-written one.

        Args:
            folder: made where it is missing.
            weights: by name.
            content: of the description but for the weights' checksum.
            readme: for people.
        """
        tensors = tensor_bytes(weights)
        described = self.description.model_validate({**content, "weights_sha256": sha256(tensors).hexdigest()})
        text = json.dumps(described.model_dump(mode="json"), indent=2, allow_nan=False) + "\n"

        def write(made: Path) -> None:
            (made / self.weights_name).write_bytes(tensors)
            (made / self.description_name).write_text(text, encoding="utf-8")
            (made / README).write_text(readme, encoding="utf-8")

        write_together(folder, self.names, write)

    def within(self, folder: Path) -> dict[str, Path]:
        """Return the artefacts among a folder's folders, by name, sorted."""
        found = sorted(path.parent for path in folder.glob(f"*/{self.description_name}"))
        return {artefact.name: artefact for artefact in found}

    def describe(self, folder: Path) -> DescriptionT:
        """Return what a folder says about its artefact, without the weights.

        Raises:
            GTNError: `error`, where the description is missing, damaged, or of another format.
        """
        path = folder / self.description_name
        if not path.is_file():
            raise self.error(
                f"{folder} holds no {self.kind}: {path.name} is missing; name a folder that `{self.writer}` wrote"
            )
        try:
            content = read_json(path, LARGEST_DESCRIPTION)
            self._check_version(content, path)
            return self.description.model_validate(content)
        except (ValueError, OSError, ConfigurationError) as error:
            reason = first_problem(error) if isinstance(error, ValidationError) else error
            raise self._damaged(path, reason) from error

    def load(self, folder: Path, description: DescriptionT, build: Callable[[], ModuleT]) -> ModuleT:
        """Return the module that a description describes, with the folder's weights.

        Args:
            folder: of the artefact.
            description: that of the folder.
            build: makes the module; called on torch's device `meta` first.

        Raises:
            GTNError: `error`, where the weights are missing, damaged, altered, or those of another module.
        """
        self._check_shapes(folder, build)
        self._check_sum(folder, description)
        weights = self._read_weights(folder / self.weights_name)
        module = build()
        module.load_state_dict(weights)
        return module

    def _damaged(self, path: Path, reason: object) -> GTNError:
        return self.error(f"{path} is damaged: {reason}; {ADVICE}")

    def _check_version(self, content: Any, path: Path) -> None:
        wanted = self.description.model_fields["format_version"].default
        found = content.get("format_version") if isinstance(content, dict) else None
        if type(found) is int and found > wanted:
            raise self.error(f"{path} has format version {found}, this version reads {wanted}; install a newer one")
        if found != wanted:
            raise self._damaged(path, f"format_version is {found!r:.60}, this version reads {wanted}")

    def _check_shapes(self, folder: Path, build: Callable[[], nn.Module]) -> None:
        """Raise unless the weights' file holds what is built, without reading it."""
        try:
            wrong = difference(shapes_in(folder / self.weights_name), shapes_of(build))
        except FileNotFoundError:
            raise self.error(f"{folder} holds no whole {self.kind}: {self.weights_name} is missing; {ADVICE}") from None
        except (ConfigurationError, OSError) as error:
            raise self._damaged(folder, error) from error
        if wrong:
            raise self.error(f"the weights in {folder} do not fit their description: {wrong}; {ADVICE}")

    def _check_sum(self, folder: Path, description: DescriptionT) -> None:
        with (folder / self.weights_name).open("rb") as file:
            found = file_digest(file, "sha256").hexdigest()
        if description.weights_sha256 not in (None, found):
            raise self.error(
                f"{folder / self.weights_name} was altered: its checksum is not that in {self.description_name}; "
                f"{ADVICE}"
            )

    def _read_weights(self, path: Path) -> Tensors:
        try:
            weights = load_file(path)
        except (SafetensorError, OSError) as error:
            raise self._damaged(path, error) from error
        if not all(tensor.dtype == torch.float32 and tensor.isfinite().all() for tensor in weights.values()):
            raise self._damaged(path, "it holds other than finite 32-bit numbers")
        return weights
