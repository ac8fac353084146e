"""What a study says, as data: the content of `study.json`, from which tables and pictures are made."""

from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gtn_core._reading import read_bounded
from gtn_core._specification import first_problem
from gtn_core.errors import ConfigurationError, RunError

STUDY = "study.json"
LARGEST = 200_000_000


class _Content(BaseModel):
    model_config = ConfigDict(frozen=True)


class Line(_Content):
    """Means over x with their 95 % intervals; null where there is none."""

    name: str
    x: tuple[float, ...]
    mean: tuple[float | None, ...]
    low: tuple[float | None, ...]
    high: tuple[float | None, ...]


class LineChart(_Content):
    """Arms over something that is counted: outer steps, inner steps, images."""

    kind: Literal["lines"] = "lines"
    name: str
    x_label: str
    y_label: str
    caption: str
    lines: tuple[Line, ...]
    logarithmic: bool = False
    """The x axis."""


class Group(_Content):
    """The values of one arm, a replicate each, and how many replicates gave none."""

    name: str
    values: tuple[float, ...]
    missing: int = 0


class GroupChart(_Content):
    """Arms side by side: `dots` shows every value beside mean and interval, `boxes` median and quartiles."""

    kind: Literal["dots", "boxes"]
    name: str
    label: str
    caption: str
    groups: tuple[Group, ...]
    logarithmic: bool = False


class ImageChart(_Content):
    """Images in rows, a row an arm; pixels `[C, H, W]` from 0 to 255."""

    kind: Literal["images"] = "images"
    name: str
    caption: str
    rows: dict[str, tuple[tuple[tuple[tuple[int, ...], ...], ...], ...]]


class Table(_Content):
    """A table, its cells ready to be read."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


AnyChart: TypeAlias = Annotated[LineChart | GroupChart | ImageChart, Field(discriminator="kind")]


class StudyResult(_Content):
    """One study, done.

    Attributes:
        study: its name.
        question: what it asks.
        paper: where the paper asks it.
        command: makes it again.
        configuration: recipe, seeds, and all else that decides it.
        tables: what it found, to read.
        charts: what it found, to draw.
        findings: what it found, a sentence each.
        raw: every number behind them.
    """

    study: str
    question: str
    paper: str
    command: str
    configuration: dict[str, Any]
    tables: tuple[Table, ...]
    charts: tuple[AnyChart, ...]
    findings: tuple[str, ...]
    raw: dict[str, Any]

    @classmethod
    def read(cls, folder: Path) -> "StudyResult":
        """Return the result in a study's run directory.

        Raises:
            RunError: there is none, or it is damaged.
        """
        path = folder / STUDY
        try:
            return cls.model_validate_json(read_bounded(path, LARGEST))
        except OSError as error:
            raise RunError(f"{path} cannot be read: {error.strerror}") from error
        except ValidationError as error:
            raise RunError(f"{path} is damaged: {first_problem(error)}") from error
        except ConfigurationError as error:
            raise RunError(str(error)) from error
