"""`gtn-rl report`."""

from pathlib import Path
from typing import Annotated

import typer

from gtn_core.runs import RunDirectory

NAME = "report"
HELP = """Build the report of a run again, finished or not.

Example: gtn-rl report runs/CartPole-v1-demonstrations"""


def command(
    run_dir: Annotated[Path, typer.Argument(metavar="RUN_DIR", help="A folder that `gtn-rl train` wrote.")],
) -> None:
    """Build a report."""
    from gtn_rl.reporting import build_report  # slow to import, and `gtn-rl --help` needs it not

    print(build_report(RunDirectory.existing(run_dir)))
