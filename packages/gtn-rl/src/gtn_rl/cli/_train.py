"""`gtn-rl train`."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from gtn_core.cli import (
    DeviceOption,
    JsonOption,
    ResumeOption,
    SeedOption,
    ThreadsOption,
    checked_device,
    print_json,
    print_table,
    set_threads,
    shown_progress,
    warn_of_other_threads,
)
from gtn_core.runs import RunDirectory
from gtn_rl.cli._kinds import KINDS, find_kind
from gtn_rl.rollouts import check_env_id

NAME = "train"
HELP = """Meta-train what an agent learns from, for a real environment; measure it, and write a report.

Example: gtn-rl train CartPole-v1 --kind demonstrations --set outer.steps=100 --run-dir runs/short"""


def command(
    env_id: Annotated[str, typer.Argument(metavar="ENV_ID", help="The real environment, as gymnasium.make has it.")],
    kind: Annotated[str, typer.Option("--kind", metavar="KIND", help=f"What to make: {', '.join(KINDS)}.")],
    overrides: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Override a setting, e.g. outer.steps=500."),
    ] = None,
    run_dir: Annotated[
        Path | None,
        typer.Option("--run-dir", metavar="DIR", help="Where to keep the run; runs/<ENV_ID>-<kind> unless given."),
    ] = None,
    resume: ResumeOption = False,
    seed: SeedOption = 0,
    device: DeviceOption = "cpu",
    threads: ThreadsOption = None,
    json: JsonOption = False,
) -> None:
    """Meta-train demonstrations or an environment."""
    from gtn_rl.reporting import build_report  # slow to import, and `gtn-rl --help` needs it not

    chosen = find_kind(kind)
    check_env_id(env_id)
    recipe = chosen.recipe_for(env_id, overrides or [])
    used_threads = set_threads(threads)
    settings = {"seed": seed, "device": checked_device(device), "threads": used_threads}
    folder = run_dir or Path("runs") / f"{env_id.replace('/', '-')}-{kind}"
    configuration = {"kind": kind, "env_id": env_id, "recipe": recipe.model_dump(mode="json"), **settings}
    run = RunDirectory.check(folder, configuration, resume=resume)
    if run.finished:
        print(f"{folder} is finished already", file=sys.stderr if json else sys.stdout)
        result = run.result()
    else:
        with shown_progress(json) as progress:
            # Whatever is wrong with the environment's spaces shows before anything is written.
            training = chosen.training(env_id, recipe, seed=seed, device=device, progress=progress)
            run = RunDirectory.start(folder, configuration, resume=resume)
            warn_of_other_threads(run, used_threads)
            result = training.run(run)
    report = build_report(run)
    if json:
        print_json({"run_dir": str(folder), "report": str(report), **result})
        return
    print_table(*chosen.table(result))
    print(f"{kind}: {folder / kind}\nreport: {report}")
