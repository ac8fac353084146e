"""A generated environment as a folder: `environment.safetensors` and `environment.json`; nothing is ever pickled."""

import json
import tempfile
from hashlib import file_digest
from pathlib import Path
from typing import Literal, NamedTuple

import torch
from pydantic import ValidationError
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from gtn_core._specification import Specification, first_problem
from gtn_core.errors import GTNError, UnknownNameError
from gtn_core.typing import Tensors
from gtn_rl.environments._card import EnvironmentCard, GeneratorSpecification
from gtn_rl.environments._generator import EnvironmentGenerator

FORMAT_VERSION: Literal[1] = 1
WEIGHTS, DESCRIPTION = "environment.safetensors", "environment.json"
SHIPPED = Path(__file__).parent / "artefacts"
LARGEST_DESCRIPTION = 1_000_000
LARGEST_WEIGHTS = 100_000


class ArtefactError(GTNError):
    """An artefact is missing, incomplete, damaged, or does not fit the task."""


class Artefact(NamedTuple):
    """A generated environment and its card."""

    generator: EnvironmentGenerator
    specification: GeneratorSpecification
    card: EnvironmentCard


class _Description(Specification):
    """The content of `environment.json`."""

    format_version: Literal[1] = FORMAT_VERSION
    kind: Literal["environment"] = "environment"
    specification: GeneratorSpecification
    card: EnvironmentCard
    weights_sha256: str


def shipped_environments() -> dict[str, Path]:
    """Return the folders of the environments that come with gtn-rl, by id.

    Example:
        >>> all(name.startswith("gtn/") for name in shipped_environments())
        True
    """
    return {f"gtn/{path.parent.name}": path.parent for path in sorted(SHIPPED.glob(f"*/{DESCRIPTION}"))}


def save_environment(artefact: Artefact, folder: Path) -> None:
    """Write both files beside their final names first, so that a crash never leaves a half-written one."""
    folder.mkdir(parents=True, exist_ok=True)
    weights = {name: tensor.detach().cpu().contiguous() for name, tensor in artefact.generator.state_dict().items()}
    with tempfile.TemporaryDirectory(dir=folder, prefix=".partial-") as scratch:
        save_file(dict(sorted(weights.items())), Path(scratch, WEIGHTS))
        description = _Description(
            specification=artefact.specification,
            card=artefact.card,
            weights_sha256=_sha256(Path(scratch, WEIGHTS)),
        )
        Path(scratch, DESCRIPTION).write_text(description.model_dump_json(indent=2) + "\n", encoding="utf-8")
        for name in (WEIGHTS, DESCRIPTION):
            Path(scratch, name).replace(folder / name)


def load_environment(name: str | Path) -> Artefact:
    """Read a generated environment back; every value and every tensor's shape is checked.

    Args:
        name: a folder that `gtn-rl train` wrote, or the id of an environment that ships with gtn-rl.

    Raises:
        UnknownNameError: no such folder and no such id.
        ArtefactError: something is missing, damaged, altered, or of a newer format.
    """
    folder = _locate(name)
    description = _read_description(folder / DESCRIPTION)
    weights = _read_weights(folder / WEIGHTS)
    if description.weights_sha256 != _sha256(folder / WEIGHTS):
        raise ArtefactError(
            f"{folder / WEIGHTS} was altered: its checksum is not that in {DESCRIPTION}; train or download it again"
        )
    if description.specification.values > sum(tensor.numel() for tensor in weights.values()):
        raise ArtefactError(f"{folder / WEIGHTS} does not fit {DESCRIPTION}, which describes a larger environment")
    generator = description.specification.build()
    expected = {key: tuple(tensor.shape) for key, tensor in generator.state_dict().items()}
    found = {key: tuple(tensor.shape) for key, tensor in weights.items()}
    if expected != found:
        wrong = sorted(key for key in expected.keys() | found.keys() if expected.get(key) != found.get(key))[0]
        raise ArtefactError(
            f"{folder / WEIGHTS} does not fit {DESCRIPTION}: tensor {wrong!r} is {found.get(wrong, 'missing')}, "
            f"expected {expected.get(wrong, 'none of that name')}"
        )
    if not all(tensor.dtype == torch.float32 and tensor.isfinite().all() for tensor in weights.values()):
        raise ArtefactError(f"{folder / WEIGHTS} is damaged: it holds other than finite 32-bit numbers")
    generator.load_state_dict(weights)
    return Artefact(generator.requires_grad_(False), description.specification, description.card)


def as_generator(artefact: EnvironmentGenerator | str | Path) -> EnvironmentGenerator:
    """Return the generator itself, or the one in a folder or of a name."""
    return artefact if isinstance(artefact, EnvironmentGenerator) else load_environment(artefact).generator


def check_fits(artefact: Artefact, env_id: str) -> None:
    """Raise where an environment has other spaces than the real one it is to stand for.

    Raises:
        ArtefactError: they differ.
    """
    if difference := artefact.specification.spaces.differs_from(env_id):
        raise ArtefactError(f"this artefact is no environment for {env_id}: {difference}; name {artefact.card.real_env}")


def _locate(name: str | Path) -> Path:
    shipped = shipped_environments()
    if str(name) in shipped:
        return shipped[str(name)]
    if Path(name).is_dir():
        return Path(name)
    hint = "A folder that `gtn-rl train --kind environment` wrote will do too"
    raise UnknownNameError("environment", str(name), shipped, hint)


def _read_description(path: Path) -> _Description:
    if not path.is_file():
        raise ArtefactError(f"{path.parent} is no generated environment: {path.name} is missing")
    if path.stat().st_size > LARGEST_DESCRIPTION:
        raise ArtefactError(f"{path} is larger than {LARGEST_DESCRIPTION} bytes: no environment's description")
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        version = content.get("format_version") if isinstance(content, dict) else None
        if version != FORMAT_VERSION:
            raise ArtefactError(
                f"{path} has format version {version!r}; this gtn-rl reads {FORMAT_VERSION}: install a newer one, or "
                "train the environment again"
            )
        return _Description.model_validate(content)
    except (ValueError, RecursionError, UnknownNameError) as error:
        reason = first_problem(error) if isinstance(error, ValidationError) else error
        raise ArtefactError(f"{path} is damaged: {reason}") from error


def _read_weights(path: Path) -> Tensors:
    if not path.is_file():
        raise ArtefactError(f"{path.parent} is no whole environment: {path.name} is missing")
    if path.stat().st_size > LARGEST_WEIGHTS:
        raise ArtefactError(f"{path} is larger than {LARGEST_WEIGHTS} bytes: no environment of this package")
    try:
        return load_file(path)
    except (SafetensorError, OSError) as error:
        raise ArtefactError(f"{path} is damaged: {error}; train or download the environment again") from error


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()
