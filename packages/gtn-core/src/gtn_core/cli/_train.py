"""`gtn train`."""

import sys
from pathlib import Path

from gtn_core.cli import _options
from gtn_core.cli._output import print_json, print_table, shown_progress
from gtn_core.recipes import Training, load_recipe, with_overrides
from gtn_core.runs import RunDirectory

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
    configuration = {"recipe": resolved.model_dump(mode="json"), **settings}
    run = RunDirectory.check(folder, configuration, resume=resume)
    if run.finished:
        print(f"{folder} is finished already", file=sys.stderr if json else sys.stdout)
        result = run.result()
    else:
        with shown_progress(json) as progress:
            # Whatever is wrong with families or data shows before anything is written.
            training = Training(resolved, seed=seed, device=device, source=data, progress=progress)
            run = RunDirectory.start(folder, configuration, resume=resume)
            _options.warn_of_other_threads(run, used_threads)
            result = training.run(run)
    report = build_report(run)
    if json:
        print_json({"run_dir": str(folder), "report": str(report), **result})
        return
    arms = comparison_table(result, transductive=resolved.teacher.batch_norm == "batch")
    rows = [[arm.label, arm.percent, arm.interval] for arm in arms]
    title = f"Few-step test accuracy of {result['count']} fresh learners after {resolved.teacher.steps} steps"
    print_table(title, ["arm", "mean", "95 % interval"], rows)
    print(f"teacher: {folder / 'teacher'}\nreport:  {report}")
