"""`gtn train`."""

import sys
from pathlib import Path
from typing import Any

from gtn_core.cli import _options
from gtn_core.cli._output import print_json, print_table, shown_progress
from gtn_core.recipes import Recipe, load_recipe, train, with_overrides
from gtn_core.runs import RunDirectory, StopSignal

NAME = "train"
HELP = """Meta-train a teacher on real data, measure it on fresh networks, and write a report.

Example: gtn train digits --set outer.steps=200 --run-dir runs/short"""


def command(
    recipe: _options.RecipeArgument,
    overrides: _options.SetOption = None,
    data: _options.DataOption = None,
    run_dir: _options.RunDirOption = None,
    resume: _options.ResumeOption = False,
    seed: _options.SeedOption = 0,
    device: _options.DeviceOption = "cpu",
    threads: _options.ThreadsOption = None,
    json: _options.JsonOption = False,
) -> None:
    """Meta-train a teacher."""
    from gtn_core.reporting import build_report, comparison_table  # slow to import, and `gtn --help` needs it not

    resolved = with_overrides(load_recipe(recipe), overrides or [])
    used_threads = _options.set_threads(threads)
    settings = {"seed": seed, "device": _options.checked_device(device), "threads": used_threads, "data": data}
    folder = run_dir or Path("runs") / resolved.name
    run = RunDirectory.start(folder, {"recipe": resolved.model_dump(mode="json"), **settings}, resume=resume)
    _warn_of_other_threads(run, used_threads)
    already = run.finished
    result = run.result() if already else _train(resolved, run, settings, json)
    report = build_report(run)
    if json:
        print_json({"run_dir": str(folder), "report": str(report), **result})
        return
    if already:
        print(f"{folder} is finished already")
    arms = comparison_table(result, transductive=resolved.teacher.batch_norm == "batch")
    rows = [[arm.label, arm.percent, arm.interval] for arm in arms]
    title = f"Few-step test accuracy of {result['count']} fresh learners after {resolved.teacher.steps} steps"
    print_table(title, ["arm", "mean", "95 % interval"], rows)
    print(f"teacher: {folder / 'teacher'}\nreport:  {report}")


def _train(recipe: Recipe, run: RunDirectory, settings: dict[str, Any], json: bool) -> dict[str, Any]:
    with StopSignal() as stop, shown_progress(json) as progress:
        return train(
            recipe,
            run,
            seed=settings["seed"],
            device=settings["device"],
            source=settings["data"],
            progress=progress,
            stop=stop,
        )


def _warn_of_other_threads(run: RunDirectory, threads: int) -> None:
    before = run.configuration().get("threads")
    if before != threads:
        print(
            f"warning: the run was started with {before} threads and goes on with {threads}; the last bits will differ "
            f"from an undisturbed run (--threads {before} avoids that)",
            file=sys.stderr,
        )
