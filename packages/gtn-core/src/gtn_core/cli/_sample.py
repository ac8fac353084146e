"""`gtn sample`."""

from pathlib import Path
from typing import Annotated

import typer

from gtn_core.cli import _options
from gtn_core.errors import ConfigurationError
from gtn_core.teacher import Teacher

NAME = "sample"
HELP = """Draw a teacher's images: one column a class, rows through the inner loop.

Example: gtn sample digits --out grid.png"""


def command(
    teacher: _options.TeacherArgument,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="PNG file to write.")],
    rows: Annotated[int, typer.Option("--rows", min=1, max=100, help="At most this many rows.")] = 8,
    seed: _options.SeedOption = 0,
) -> None:
    """Draw a teacher's images."""
    from gtn_core.reporting import sample_grid  # slow to import, and `gtn --help` needs it not

    if out.suffix.lower() != ".png":
        raise ConfigurationError(f"--out {out} is not a PNG file; give a name that ends in .png")
    if not out.absolute().parent.is_dir():
        raise ConfigurationError(f"--out {out}: there is no folder {out.absolute().parent}")
    sample_grid(Teacher.from_pretrained(teacher), out, rows=rows, seed=seed)
    print(out)
