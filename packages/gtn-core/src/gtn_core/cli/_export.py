"""`gtn export`."""

from pathlib import Path
from typing import Annotated

import typer

from gtn_core.cli import _options
from gtn_core.exporting import export_data_set
from gtn_core.teacher import Teacher

NAME = "export"
HELP = """Write a teacher's synthetic data as a data set, with a card.

Example: gtn export digits --out digits-data --parquet"""


def command(
    teacher: _options.TeacherArgument,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="A new folder for the data set.")],
    parquet: Annotated[
        bool, typer.Option("--parquet", help="For datasets.load_dataset, as on the Hub; else for load_from_disk.")
    ] = False,
    seed: _options.SeedOption = 0,
) -> None:
    """Write a teacher's synthetic data."""
    export_data_set(Teacher.from_pretrained(teacher), out, parquet=parquet, seed=seed)
    print(out)
