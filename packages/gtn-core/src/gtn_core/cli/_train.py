"""`gtn train`."""

import json as json_text
import sys
from contextlib import nullcontext
from hashlib import blake2b
from pathlib import Path
from typing import Any

from gtn_core.cli import _options
from gtn_core.cli._output import print_json, print_table, shown_progress
from gtn_core.errors import ConfigurationError, RunError
from gtn_core.ranks import Ranks, device_of_rank, joined_ranks
from gtn_core.recipes import Recipe, Training, load_recipe, with_overrides
from gtn_core.runs import RunDirectory

NAME = "train"
HELP = """Meta-train a teacher on real data, measure it on fresh networks, and write a report.

Example: gtn train digits --set outer.steps=200 --run-dir runs/short

On several processes: torchrun --nproc-per-node 2 -m gtn_core train digits"""


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
    resolved = with_overrides(load_recipe(recipe), overrides or [])
    used_threads = _options.set_threads(threads)
    place = _options.checked_device(device_of_rank(device))
    folder = run_dir or Path("runs") / resolved.name
    with joined_ranks(place) as ranks:
        started_on = ranks.agreed(_ranks_at_start(folder, ranks, resume=resume))
        resolved = _on_ranks(resolved, started_on)
        settings = {"seed": seed, "device": device, "threads": used_threads, "data": data}
        configuration = {"recipe": resolved.model_dump(mode="json"), **settings}
        _require_the_same(ranks, configuration)
        if started_on > 1:
            configuration["ranks"] = started_on
        run = RunDirectory.check(folder, configuration, resume=resume) if ranks.first else RunDirectory(folder)
        finished = bool(ranks.agreed(ranks.first and run.finished))
        with shown_progress(json) if ranks.first and not finished else nullcontext() as progress:
            if not finished:
                # Whatever is wrong with families or data shows before anything is written.
                training = Training(resolved, seed=seed, device=place, source=data, progress=progress, ranks=ranks)
                if ranks.first:
                    run = RunDirectory.start(folder, configuration, resume=resume)
                    _options.warn_of_other_threads(run, used_threads)
                    _warn_of_other_ranks(started_on, ranks, resolved.outer.learners)
                result = training.run(run)
        if not ranks.first:
            return
    if finished:
        print(f"{folder} is finished already", file=sys.stderr if json else sys.stdout)
        result = run.result()
    _show(resolved, run, result, json)


def _show(recipe: Recipe, run: RunDirectory, result: dict[str, Any], json: bool) -> None:
    from gtn_core.reporting import build_report, comparison_table  # slow to import, and `gtn --help` needs it not

    report = build_report(run)
    if json:
        print_json({"run_dir": str(run.path), "report": str(report), **result})
        return
    arms = comparison_table(result, transductive=recipe.teacher.batch_norm == "batch")
    rows = [[arm.label, arm.percent, arm.interval] for arm in arms]
    title = f"Few-step test accuracy of {result['count']} fresh learners after {recipe.teacher.steps} steps"
    print_table(title, ["arm", "mean", "95 % interval"], rows)
    print(f"teacher: {run.path / 'teacher'}\nreport:  {report}")


def _ranks_at_start(folder: Path, ranks: Ranks, *, resume: bool) -> int:
    """Return on how many ranks the run was started, for it keeps its learners a step on any number."""
    run = RunDirectory(folder)
    if not (ranks.first and resume and run.configuration_path.is_file()):
        return ranks.count
    recorded = run.configuration().get("ranks", 1)
    if type(recorded) is not int or not 1 <= recorded <= 65_536:
        raise RunError(f"{run.configuration_path} is damaged: ranks is {recorded!r:.60}, not a number of processes")
    return recorded


def _on_ranks(recipe: Recipe, ranks: int) -> Recipe:
    """Give every rank a learner, at least; so the run is that of one process with so many learners a step."""
    outer = recipe.outer.model_copy(update={"learners": max(recipe.outer.learners, ranks)})
    return recipe.model_copy(update={"outer": outer})


def _require_the_same(ranks: Ranks, configuration: dict[str, Any]) -> None:
    text = json_text.dumps({**configuration, "threads": None}, sort_keys=True)
    own = int.from_bytes(blake2b(text.encode(), digest_size=7).digest())
    if ranks.agreed(own) != own:
        raise ConfigurationError(f"rank {ranks.rank} was started with other settings than rank 0; give all the same")


def _warn_of_other_ranks(started_on: int, ranks: Ranks, learners: int) -> None:
    if started_on != ranks.count:
        print(
            f"warning: the run was started on {started_on} ranks and goes on with {ranks.count}; its {learners} "
            "learners a step stay, the last bits will differ",
            file=sys.stderr,
        )
    if learners < ranks.count:
        print(
            f"warning: {ranks.count - learners} of {ranks.count} ranks have nothing to do: a step has {learners} "
            "learners",
            file=sys.stderr,
        )
