"""`gtn-rl report`."""

from pathlib import Path
from typing import Annotated

import typer

from gtn_core.cli import shown_progress
from gtn_core.runs import RunDirectory

NAME = "report"
HELP = """Build the report of a run again, finished or not.

For a generated environment, --agent trains fresh agents of Stable-Baselines3 in it and as many in the real one, and
adds their learning curves.

Example: gtn-rl report runs/CartPole-v1-demonstrations"""


def command(
    run_dir: Annotated[Path, typer.Argument(metavar="RUN_DIR", help="A folder that `gtn-rl train` wrote.")],
    agent: Annotated[
        str | None, typer.Option("--agent", help="Measure learning curves first: ppo, dqn, a2c or sac.")
    ] = None,
    seeds: Annotated[int, typer.Option("--seeds", min=1, max=1000, help="Agents a curve.")] = 3,
    steps: Annotated[int, typer.Option("--steps", min=1, help="Of each agent.")] = 10_000,
) -> None:
    """Build a report."""
    from gtn_rl.reporting import build_report, measure_curves  # slow to import, and `gtn-rl --help` needs it not

    run = RunDirectory.existing(run_dir)
    if agent is not None:
        with shown_progress(json_wanted=True) as progress:
            measure_curves(run, agent, seeds, steps, progress)
    print(build_report(run))
