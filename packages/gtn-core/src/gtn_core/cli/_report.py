"""`gtn report`."""

from pathlib import Path
from typing import Annotated

import typer

from gtn_core.runs import RunDirectory

NAME = "report"
HELP = """Build the report of a run again, finished or not.

Example: gtn report runs/digits"""


def command(run_dir: Annotated[Path, typer.Argument(metavar="RUN_DIR", help="A folder that gtn train wrote.")]) -> None:
    """Build a run's report."""
    from gtn_core.reporting import build_report  # slow to import, and `gtn --help` needs it not

    print(build_report(RunDirectory.existing(run_dir)))
