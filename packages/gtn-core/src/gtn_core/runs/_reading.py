"""Reading what a loop wrote: every line and value is checked, and a line against the checksum that it carries.

Unknown keys are let through, so that what a later version added something to can still be read.
"""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, ValidationError

from gtn_core._reading import read_bounded
from gtn_core._sealed_lines import intact
from gtn_core._specification import Fraction
from gtn_core.errors import ConfigurationError, RunError

LARGEST = 200_000_000
LONGEST_LINE = 1_000_000


class _Content(BaseModel):
    model_config = ConfigDict(frozen=True)


class OuterStep(_Content):
    """A line of `metrics.jsonl`; the meta-gradient's norm is null where the step was skipped."""

    step: Annotated[int, Field(ge=0)]
    meta_loss: float | None = None
    gradient_norm: float | None = None
    skipped: int = 0
    rollbacks: int = 0
    validation_accuracy: Fraction | None = None
    validation_accuracy_low: Fraction | None = None
    validation_accuracy_high: Fraction | None = None


class Timing(_Content):
    """A line of `timings.jsonl`."""

    step: int
    seconds: Annotated[FiniteFloat, Field(ge=0)]


Line = TypeVar("Line", bound=BaseModel)


def read_metrics(path: Path) -> list[OuterStep]:
    """Return the lines of a `metrics.jsonl`, as `read_steps` does."""
    return read_steps(path, OuterStep)


def read_steps(path: Path, kind: type[Line]) -> list[Line]:
    """Return the lines of a `metrics.jsonl`; none where there is no such file.

    Args:
        path: of the file.
        kind: of a line.

    Raises:
        RunError: a line is damaged. One that breaks off at the end is what a killed process leaves, and is left out.
    """
    steps: list[Line] = []
    broken = 0
    for number, line in enumerate(_lines(path), start=1):
        step = _parsed(line, kind) if not broken and intact(line) else None
        if step is not None:
            steps.append(step)
            continue
        if broken or line.endswith((b"}", b"\n")):
            raise RunError(f"{path} is damaged: line {broken or number} does not hold the metrics of an outer step")
        broken = number
    return steps


def check_metrics(path: Path, length: int) -> None:
    """Check that the first bytes of a `metrics.jsonl` are whole lines, as they were written.

    Raises:
        RunError: they are not.
    """
    if not length:
        return
    if not path.is_file() or path.stat().st_size < length:
        raise RunError(f"{path} is shorter than the last checkpoint says; put it back, or start a new run")
    number = 0
    with path.open("rb") as file:
        while file.tell() < length:
            line, number = file.readline(LONGEST_LINE), number + 1
            if not (line.endswith(b"}\n") and intact(line)) or file.tell() > length:
                raise RunError(f"{path} is damaged: line {number} is not as it was written; put it back, or start anew")


def read_timings(path: Path) -> list[Timing]:
    """Return the lines of a `timings.jsonl` that can be read.

    A resumed run appends where a killed one broke off, so a broken line in the middle is no damage here.
    """
    found = [_parsed(line, Timing) for line in _lines(path)]
    return [timing for timing in found if timing is not None]


def outer_loop_seconds(path: Path) -> float:
    """Return what all outer steps of a `timings.jsonl` took; of one that was done again, the last time counts."""
    return sum({timing.step: timing.seconds for timing in read_timings(path)}.values())


def _lines(path: Path) -> Iterator[bytes]:
    """Yield the lines that are not empty, one at a time: a file may consist of nothing but ends of lines."""
    try:
        content = read_bounded(path, LARGEST)
    except FileNotFoundError:
        return
    except OSError as error:
        raise RunError(f"{path} cannot be read: {error.strerror}") from error
    except ConfigurationError as error:
        raise RunError(str(error)) from error
    yield from (line for line in BytesIO(content) if line.strip())


def _parsed(line: bytes, kind: type[Line]) -> Line | None:
    try:
        return kind.model_validate_json(line)
    except ValidationError:
        return None
