"""A teacher as a folder: `teacher.safetensors`, `teacher.json`, a model card; nothing is ever pickled."""

from __future__ import annotations

import tempfile
from difflib import get_close_matches
from hashlib import file_digest, sha256
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import torch
from pydantic import Field, FiniteFloat, ValidationError
from safetensors import SafetensorError
from safetensors.torch import load_file

from gtn_core._files import tensor_bytes, write_together
from gtn_core._reading import read_json
from gtn_core._specification import Fraction, Size, Specification, first_problem
from gtn_core._weights import difference, shapes_in, shapes_of
from gtn_core.data import Normalization
from gtn_core.errors import ConfigurationError, TeacherError
from gtn_core.teacher._model_card import model_card
from gtn_core.teacher._specification import DataSplits, LearnerSpecification, TeacherSpecification
from gtn_core.typing import Tensors

if TYPE_CHECKING:
    from gtn_core.teacher._teacher import Teacher

FORMAT_VERSION: Literal[1] = 1
WEIGHTS, DESCRIPTION, CARD = "teacher.safetensors", "teacher.json", "README.md"
SHIPPED = Path(__file__).parent.parent / "teachers"
LARGEST_DESCRIPTION = 1_000_000


class RecordedAccuracy(Specification):
    """Few-step test accuracy as measured when the teacher was made; seed and count repeat the measurement."""

    mean: Fraction
    low: Fraction
    high: Fraction
    count: Size
    seed: int


class RecordedData(DataSplits):
    """The real data of a teacher; without a source where they were a path, which means nothing elsewhere."""

    source: str | None = None


class TeacherCard(Specification):
    """Where a teacher comes from and what it reached."""

    recipe: str | None = None
    data: RecordedData = RecordedData()
    learners: tuple[LearnerSpecification, ...] = ()
    few_step_accuracy: RecordedAccuracy | None = None


class _Description(TeacherCard):
    """The content of `teacher.json`."""

    format_version: Literal[1] = FORMAT_VERSION
    specification: TeacherSpecification
    image_shape: tuple[Size, Size, Size]
    class_names: Annotated[tuple[str, ...], Field(min_length=1, max_length=65_536)]
    mean: tuple[FiniteFloat, ...]
    std: tuple[Annotated[FiniteFloat, Field(gt=0)], ...]
    weights_sha256: str | None = None
    """Of the weights' file; null in teachers that were saved before there was one."""


def shipped_teachers() -> list[str]:
    """Return the names of the teachers that come with gtn-core."""
    return sorted(folder.name for folder in SHIPPED.glob("*") if (folder / DESCRIPTION).is_file())


def save(teacher: Teacher, folder: Path) -> None:
    """Write all files beside their final names first, so that a crash never leaves a half-written one."""
    weights = tensor_bytes(teacher.state_dict())
    description = _Description(
        **dict(teacher.card),
        specification=teacher.specification,
        image_shape=teacher.image_shape,
        class_names=teacher.class_names,
        mean=teacher.normalization.mean,
        std=teacher.normalization.std,
        weights_sha256=sha256(weights).hexdigest(),
    )

    def write(made: Path) -> None:
        (made / WEIGHTS).write_bytes(weights)
        (made / DESCRIPTION).write_text(description.model_dump_json(indent=2) + "\n")
        (made / CARD).write_text(model_card(teacher))

    write_together(folder, (WEIGHTS, DESCRIPTION, CARD), write)


def locate(name: str | Path, revision: str | None) -> Path:
    """Return the folder that `name` stands for, downloading it where it is a Hub id."""
    if Path(name).is_dir():
        return Path(name)
    text = str(name)
    if text in shipped_teachers():
        return SHIPPED / text
    repository, _, named = text.partition("@")
    if repository.count("/") == 1 and not text.startswith((".", "/", "~")) and not Path(repository).parent.is_dir():
        if named and revision not in (None, named):
            raise TeacherError(f"teacher {text!r} names revision {named!r}, and {revision!r} is asked for; give one")
        return _download(repository, revision or named or None)
    nearest = get_close_matches(text, shipped_teachers(), n=1)
    guess = f"; did you mean {nearest[0]!r}?" if nearest else "."
    raise TeacherError(
        f"no teacher {text!r}{guess} Give a folder written by `gtn train`, a shipped name "
        f"({', '.join(shipped_teachers()) or 'none here'}) or a Hub id like user/name or user/name@revision"
    )


def load(folder: Path) -> Teacher:
    """Read a teacher back; every value and every tensor's shape is checked."""
    description = _read_description(folder / DESCRIPTION)
    _check_shapes(description, folder)  # before memory is taken for what either file says
    if description.weights_sha256 not in (None, _sha256(folder / WEIGHTS)):
        raise TeacherError(
            f"{folder / WEIGHTS} was altered: its checksum is not that in {DESCRIPTION}; train or download it again"
        )
    weights = _read_weights(folder / WEIGHTS)
    teacher = _build(description)
    if not all(tensor.dtype == torch.float32 and tensor.isfinite().all() for tensor in weights.values()):
        raise TeacherError(f"{folder / WEIGHTS} is damaged: it holds other than finite 32-bit numbers")
    teacher.load_state_dict(weights)
    return teacher


def push(teacher: Teacher, repository: str, private: bool) -> str:
    """Upload through a temporary folder."""
    from huggingface_hub import HfApi

    with tempfile.TemporaryDirectory() as scratch:
        save(teacher, Path(scratch))
        api = HfApi()
        address = api.create_repo(repository, private=private, exist_ok=True)
        api.upload_folder(folder_path=scratch, repo_id=repository, commit_message="Upload teacher")
    return str(address)


def _download(repository: str, revision: str | None) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    try:
        folder = snapshot_download(repository, revision=revision, allow_patterns=[WEIGHTS, DESCRIPTION, CARD])
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OSError) as error:
        reason = str(error).strip().splitlines()[0]
        raise TeacherError(
            f"teacher {repository!r} is no folder here and cannot be had from the Hub: {reason}"
        ) from error
    return Path(folder)


def _read_description(path: Path) -> _Description:
    if not path.is_file():
        raise TeacherError(
            f"{path.parent} is not a teacher: {path.name} is missing; name a folder written by `gtn train`"
        )
    try:
        content = read_json(path, LARGEST_DESCRIPTION)
        version = content.get("format_version") if isinstance(content, dict) else None
        if version != FORMAT_VERSION:
            raise TeacherError(f"{path} has format version {version!r:.60}; this gtn-core reads {FORMAT_VERSION}")
        return _Description.model_validate(content)
    except (ValidationError, ConfigurationError, OSError) as error:
        reason = first_problem(error) if isinstance(error, ValidationError) else error
        raise TeacherError(f"{path} is damaged: {reason}") from error


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def _read_weights(path: Path) -> Tensors:
    try:
        return load_file(path)
    except (SafetensorError, OSError) as error:
        raise TeacherError(f"{path} is damaged: {error}; train or download the teacher again") from error


def _check_shapes(description: _Description, folder: Path) -> None:
    """Raise unless the weights' file holds what the description describes, without reading it."""
    if not len(description.mean) == len(description.std) == description.image_shape[0]:
        raise TeacherError(f"{folder / DESCRIPTION} is damaged: mean and std need one value for each image channel")
    try:
        wrong = difference(shapes_in(folder / WEIGHTS), shapes_of(lambda: _build(description)))
    except FileNotFoundError:
        raise TeacherError(f"{folder} is not a whole teacher: {WEIGHTS} is missing") from None
    except (ConfigurationError, OSError) as error:
        raise TeacherError(f"{folder} is damaged: {error}; train or download the teacher again") from error
    if wrong:
        raise TeacherError(f"{folder / WEIGHTS} does not fit {DESCRIPTION}: {wrong}")


def _build(description: _Description) -> Teacher:
    from gtn_core.teacher._teacher import Teacher  # which imports this module

    teacher = Teacher(
        description.specification,
        image_shape=description.image_shape,
        class_names=description.class_names,
        normalization=Normalization(description.mean, description.std),
    )
    teacher.card = TeacherCard(**{name: getattr(description, name) for name in TeacherCard.model_fields})
    return teacher
