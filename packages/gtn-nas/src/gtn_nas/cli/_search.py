"""`gtn-nas search`."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from gtn_core import cli
from gtn_core.runs import Progress, RunDirectory
from gtn_nas.cli._evaluating import with_gtn_options
from gtn_nas.evaluation import EvaluationSettings
from gtn_nas.search import STRATEGIES, SearchResult, check_engine, check_strategy, trials_of

NAME = "search"
HELP = f"""Search for the best genotype of a search space by NNI, and show how to train it.

Strategies: {", ".join(STRATEGIES)}. Engines: sequential, in this process; local, NNI's service on 127.0.0.1, with a web
page and a process for each trial. More trials can be asked for with --resume.

Example: gtn-nas search digits --space nb201 --strategy nao --trials 60 --channels 4"""


@with_gtn_options
def command(
    settings: EvaluationSettings,
    strategy: Annotated[str, typer.Option("--strategy", metavar="NAME", help="How genotypes are chosen.")] = "random",
    trials: Annotated[int, typer.Option("--trials", min=1, help="Genotypes to score.")] = 100,
    engine: Annotated[str, typer.Option("--engine", metavar="NAME", help="Where they are scored.")] = "sequential",
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help="Of the engine `local`.")] = 8080,
    workers: Annotated[int, typer.Option("--workers", min=1, max=1024, help="Trials of `local` side by side.")] = 1,
    run_dir: Annotated[
        Path | None,
        typer.Option(
            "--run-dir", metavar="DIR", help="Where to keep the search; runs/<strategy>-<space> unless given."
        ),
    ] = None,
    resume: cli.ResumeOption = False,
    threads: cli.ThreadsOption = None,
    json: cli.JsonOption = False,
) -> None:
    """Search; the seed of the evaluation is the strategy's too."""
    check_strategy(strategy)
    check_engine(engine)
    used_threads = cli.set_threads(threads)
    evaluation = settings.resolved()
    evaluation.build()  # whatever of this cannot work shows before anything is written
    seed = evaluation.seed
    folder = run_dir or Path("runs") / f"{strategy}-{evaluation.space}"
    # How many trials and on which engine decide nothing that is scored already: both may change with --resume.
    configuration = {"evaluation": evaluation.as_dict(), "strategy": strategy, "seed": seed, "threads": used_threads}
    run = RunDirectory.start(folder, configuration, resume=resume)
    result = SearchResult(evaluation, strategy, engine, seed, trials, trials_of(run.path))
    if result.finished:
        print(f"{folder} has its {trials} trials already", file=sys.stderr if json else sys.stdout)
    with run.alone():
        try:
            if not result.finished:
                with cli.shown_progress(json) as progress, _standard_output_kept(json):
                    _run(result, folder, port, workers, progress)
        finally:  # also of an interrupted search: what is scored is worth a report
            result = replace(result, trials=trials_of(run.path))
            report = _written(result, run.path)
    if json:
        cli.print_json({"run_dir": str(folder), "report": str(report), **result.as_dict()})
        return
    rows = [[trial.genotype, f"{trial.rank_key:.4f}", f"{trial.score_std:.4f}"] for trial in result.ranked[:5]]
    cli.print_table(f"The best of {len(result.trials)} genotypes", ["genotype", "score", "std"], rows)
    print(f"report: {report}")
    if result.best:
        print(f"train the best: {result.training_command}")


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
