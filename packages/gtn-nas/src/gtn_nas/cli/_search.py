"""`gtn-nas search`."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated, get_args

import typer

from gtn_core.cli import (
    DataOption,
    DeviceOption,
    JsonOption,
    ResumeOption,
    SeedOption,
    TeacherArgument,
    ThreadsOption,
    checked_device,
    print_json,
    print_table,
    set_threads,
    shown_progress,
)
from gtn_core.errors import UnknownNameError
from gtn_core.runs import Progress, RunDirectory
from gtn_nas.evaluation import ScoreName
from gtn_nas.search import STRATEGIES, EvaluationSettings, SearchResult, check_engine, check_strategy, trials_of

NAME = "search"
HELP = f"""Search for the best genotype of a search space by NNI, and show how to train it.

Strategies: {", ".join(STRATEGIES)}. Engines: sequential, in this process; local, NNI's service on 127.0.0.1, with a web
page and a process for each trial. More trials can be asked for with --resume.

Example: gtn-nas search digits --space nb201 --strategy nao --trials 60 --channels 4"""


def command(
    teacher: TeacherArgument,
    space: Annotated[str, typer.Option("--space", metavar="SPACE", help="Search space: nao or nb201.")],
    strategy: Annotated[str, typer.Option("--strategy", metavar="NAME", help="How genotypes are chosen.")] = "random",
    trials: Annotated[int, typer.Option("--trials", min=1, help="Genotypes to score.")] = 100,
    engine: Annotated[str, typer.Option("--engine", metavar="NAME", help="Where they are scored.")] = "sequential",
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help="Of the engine `local`.")] = 8080,
    workers: Annotated[int, typer.Option("--workers", min=1, max=1024, help="Trials of `local` side by side.")] = 1,
    width: Annotated[
        int | None, typer.Option("--channels", "--filters", min=1, help="Of the networks' first stage.")
    ] = None,
    cells: Annotated[int | None, typer.Option("--cells", min=1, help="A stage.")] = None,
    seeds: Annotated[int, typer.Option("--seeds", min=1, help="Fresh networks a genotype.")] = 1,
    score: Annotated[str, typer.Option("--score", metavar="NAME", help="accuracy, loss or area.")] = "accuracy",
    steps: Annotated[
        int | None, typer.Option("--steps", min=1, help="Inner steps; the teacher's unless given.")
    ] = None,
    data: DataOption = None,
    run_dir: Annotated[Path | None, typer.Option("--run-dir", metavar="DIR", help="Where to keep the search.")] = None,
    resume: ResumeOption = False,
    seed: SeedOption = 0,
    device: DeviceOption = "cpu",
    threads: ThreadsOption = None,
    json: JsonOption = False,
) -> None:
    """Search."""
    check_strategy(strategy)
    check_engine(engine)
    if score not in get_args(ScoreName):
        raise UnknownNameError("score", score, get_args(ScoreName))
    used_threads = set_threads(threads)
    evaluation = EvaluationSettings(
        teacher, space, width, cells, seeds, score, steps=steps, data=data, device=checked_device(device), seed=seed
    )
    evaluation.networks()  # a misspelt search space shows first
    evaluation = evaluation.resolved()
    folder = run_dir or Path("runs") / f"{strategy}-{space}"
    # How many trials and on which engine decide nothing that is scored already: both may change with --resume.
    configuration = {"evaluation": evaluation.as_dict(), "strategy": strategy, "seed": seed, "threads": used_threads}
    run = RunDirectory.start(folder, configuration, resume=resume)
    result = SearchResult(evaluation, strategy, engine, seed, trials, trials_of(run.path))
    if result.finished:
        print(f"{folder} has its {trials} trials already", file=sys.stderr if json else sys.stdout)
    try:
        if not result.finished:
            with shown_progress(json) as progress, _standard_output_kept(json):
                _run(result, folder, port, workers, progress)
    finally:  # also of an interrupted search: what is scored is worth a report
        result = replace(result, trials=trials_of(run.path))
        report = _written(result, run.path)
    if json:
        print_json({"run_dir": str(folder), "report": str(report), **result.as_dict()})
        return
    rows = [[trial.genotype, f"{trial.rank_key:.4f}", f"{trial.score_std:.4f}"] for trial in result.ranked[:5]]
    print_table(f"The best of {len(result.trials)} genotypes", ["genotype", "score", "std"], rows)
    print(f"report: {report}\ntrain the best: {result.train_command}")


def _run(result: SearchResult, folder: Path, port: int, workers: int, progress: Progress) -> None:
    from gtn_nas.nni import run_search  # imports NNI, which takes seconds

    run_search(
        result.evaluation,
        folder,
        strategy=result.strategy,
        trials=result.wanted,
        engine=result.engine,
        port=port,
        workers=workers,
        seed=result.seed,
        progress=progress,
    )


def _written(result: SearchResult, folder: Path) -> Path:
    from gtn_nas.search._report import build_search_report  # slow to import

    result.write(folder)
    return build_search_report(result, folder)


@contextmanager
def _standard_output_kept(wanted: bool) -> Iterator[None]:
    """Let what NNI's server prints go to standard error, so that standard output is one JSON object."""
    if not wanted:
        yield
        return
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)
