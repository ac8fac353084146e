"""`gtn study`."""

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from gtn_core.cli import _options
from gtn_core.cli._output import print_json, print_table, shown_progress
from gtn_core.families import find_family
from gtn_core.recipes import load_recipe, with_overrides
from gtn_core.runs import RunDirectory, write_atomically
from gtn_core.studies import STUDIES, STUDY, StudyResult, Workshop, chosen, find_study

NAME = "study"
HELP = f"""Do one experiment of the paper: train its arms, compare them, write tables, figures and a report.

Studies: {", ".join(STUDIES)}.

Example: gtn study curricula --recipe digits --seeds 5 --workers 2"""


def command(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Of the study.")],
    recipe: Annotated[
        str, typer.Option("--recipe", metavar="RECIPE", help="A name that `gtn recipes` lists, or a YAML file.")
    ] = "digits",
    seeds: Annotated[int, typer.Option("--seeds", min=1, max=1000, help="Runs of every arm.")] = 5,
    arms: Annotated[
        list[str] | None, typer.Option("--arm", metavar="ARM", help="Only this arm; can be repeated. All unless given.")
    ] = None,
    families: Annotated[
        list[str] | None,
        typer.Option("--family", metavar="FAMILY", help="Of `transfer`: only this family; can be repeated."),
    ] = None,
    overrides: _options.SetOption = None,
    data: _options.DataOption = None,
    run_dir: _options.RunDirOption = None,
    store: Annotated[
        Path | None,
        typer.Option("--store", metavar="DIR", help="Runs shared by all studies; `arms` beside the run directory."),
    ] = None,
    workers: Annotated[int, typer.Option("--workers", min=1, max=1024, help="Runs side by side.")] = 1,
    resume: _options.ResumeOption = False,
    device: _options.DeviceOption = "cpu",
    threads: Annotated[int, typer.Option("--threads", min=1, max=1024, help="CPU threads of a run.")] = 1,
    json: _options.JsonOption = False,
) -> None:
    """Do a study."""
    from gtn_core.reporting import build_study_report  # slow to import

    study = find_study(name)
    resolved = with_overrides(load_recipe(recipe), overrides or [])
    wanted = chosen(study.arms(resolved), arms or [])
    for family in families or []:
        find_family(family)  # a misspelt one shows before anything is trained
    _options.set_threads(threads)
    folder = run_dir or Path("runs") / f"{name}-{resolved.name}"
    configuration = {
        "study": name,
        "arms": [arm.name for arm in wanted],
        "families": families or [],
        "recipe": resolved.model_dump(mode="json"),
        "seeds": seeds,
        "data": data,
        "device": _options.checked_device(device),
        "threads": threads,
    }
    run = RunDirectory.start(folder, configuration, resume=resume)
    with run.alone(), shown_progress(json) as progress:
        workshop = Workshop(
            folder,
            store or folder.parent / "arms",
            seeds=seeds,
            workers=workers,
            data=data,
            device=device,
            threads=threads,
            families=families or (),
            progress=progress,
        )
        found = study.conduct(wanted, workshop)
    result = StudyResult(
        study=name,
        question=study.question,
        paper=study.paper,
        command=shlex.join(_again(name, recipe, seeds, data, arm=arms, family=families, set=overrides)),
        configuration=configuration,
        tables=found.tables,
        charts=found.charts,
        findings=found.sentences,
        raw=found.raw,
    )
    text = result.model_dump_json(indent=1) + "\n"
    write_atomically(run.path / STUDY, lambda partial: partial.write_text(text))
    report = build_study_report(run)
    if json:
        print_json({"run_dir": str(folder), "report": str(report), **result.model_dump(mode="json")})
        return
    for table in result.tables:
        print_table(table.title, table.columns, table.rows)
    print("\n".join([*result.findings, f"numbers: {folder / STUDY}", f"report:  {report}"]), file=sys.stdout)


def _again(name: str, recipe: str, seeds: int, data: str | None, **repeated: list[str] | None) -> list[str]:
    words = ["gtn", "study", name, "--recipe", recipe, "--seeds", str(seeds)]
    words += [word for option, values in repeated.items() for value in values or [] for word in (f"--{option}", value)]
    return words + (["--data", data] if data else [])
