"""`gtn report`."""

from pathlib import Path
from typing import Annotated

import typer

from gtn_core.runs import RunDirectory
from gtn_core.studies import STUDY

NAME = "report"
HELP = """Build the report of a run, finished or not, or of a study again.

Example: gtn report runs/digits"""


def command(
    run_dir: Annotated[Path, typer.Argument(metavar="RUN_DIR", help="A folder that `gtn train` or `gtn study` wrote.")],
) -> None:
    """Build the report of a run or a study."""
    from gtn_core.reporting import build_report, build_study_report  # slow to import, and `gtn --help` needs them not

    run = RunDirectory.existing(run_dir)
    print(build_study_report(run) if (run.path / STUDY).is_file() else build_report(run))
