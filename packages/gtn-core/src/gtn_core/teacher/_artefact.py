"""A teacher as a folder: `teacher.safetensors`, `teacher.json`, a model card; nothing is ever pickled."""

from __future__ import annotations

import tempfile
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import Field, FiniteFloat, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from gtn_core._specification import Fraction, Size, Specification
from gtn_core.artefacts import ArtefactDescription, ArtefactFiles
from gtn_core.data import Normalization
from gtn_core.errors import TeacherError
from gtn_core.teacher._model_card import model_card
from gtn_core.teacher._specification import DataSplits, LearnerSpecification, TeacherSpecification

if TYPE_CHECKING:
    from gtn_core.teacher._teacher import Teacher

SHIPPED = Path(__file__).parent.parent / "teachers"


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


class _Description(TeacherCard, ArtefactDescription):
    """The content of `teacher.json`."""

    specification: TeacherSpecification
    image_shape: tuple[Size, Size, Size]
    class_names: Annotated[tuple[str, ...], Field(min_length=1, max_length=65_536)]
    mean: tuple[FiniteFloat, ...]
    std: tuple[Annotated[FiniteFloat, Field(gt=0)], ...]

    @field_validator("std")
    @classmethod
    def _one_for_each_channel(cls, std: tuple[float, ...], known: ValidationInfo) -> tuple[float, ...]:
        mean, image_shape = known.data.get("mean"), known.data.get("image_shape")
        if mean is not None and image_shape and not len(mean) == len(std) == image_shape[0]:
            raise PydanticCustomError("channels", "Mean and std need one value for each image channel")
        return std


FILES = ArtefactFiles("teacher", _Description, TeacherError, "gtn train")


def shipped_teachers() -> list[str]:
    """Return the names of the teachers that come with gtn-core."""
    return list(FILES.within(SHIPPED))


def save(teacher: Teacher, folder: Path) -> None:
    """Write the folder."""
    content = {
        **dict(teacher.card),
        "specification": teacher.specification,
        "image_shape": teacher.image_shape,
        "class_names": teacher.class_names,
        "mean": teacher.normalization.mean,
        "std": teacher.normalization.std,
    }
    FILES.write(folder, teacher.state_dict(), content, model_card(teacher))


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
    """Read a teacher back; every value, the checksum and every tensor's shape is checked."""
    description = FILES.describe(folder)
    return FILES.load(folder, description, lambda: _build(description))


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
        folder = snapshot_download(repository, revision=revision, allow_patterns=list(FILES.names))
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OSError) as error:
        reason = str(error).strip().splitlines()[0]
        raise TeacherError(
            f"teacher {repository!r} is no folder here and cannot be had from the Hub: {reason}"
        ) from error
    return Path(folder)


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
