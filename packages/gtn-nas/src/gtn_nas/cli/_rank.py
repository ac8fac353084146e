"""`gtn-nas rank`."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from gtn_core import cli
from gtn_core.errors import DataError, GTNError, RunError
from gtn_core.runs import Progress, RunDirectory, StopSignal
from gtn_nas.cli._evaluating import with_evaluation_options
from gtn_nas.evaluation import EvaluationSettings
from gtn_nas.spaces import Space
from gtn_nas.tables import Row, ScoreFile, read_genotypes

NAME = "rank"
HELP = """Score many genotypes and write a CSV file, a row each. Stopped, it goes on with --resume.

Example: gtn-nas rank digits --space nb201 --genotypes cells.txt --out scores.csv"""

SHOWN = 10


@with_evaluation_options
def command(
    settings: EvaluationSettings,
    genotypes: Annotated[
        Path,
        typer.Option("--genotypes", metavar="FILE", help="A genotype a line, or a CSV file with a column `genotype`."),
    ],
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="CSV file to write; scores.csv of the run directory.")
    ] = None,
    run_dir: Annotated[
        Path | None,
        typer.Option("--run-dir", metavar="DIR", help="Where settings are kept; runs/<name of the CSV file>."),
    ] = None,
    resume: cli.ResumeOption = False,
    threads: cli.ThreadsOption = None,
    json: cli.JsonOption = False,
) -> None:
    """Score many genotypes."""
    used_threads = cli.set_threads(threads)
    folder = run_dir or Path("runs") / (out.stem if out else f"rank-{settings.space}")
    configuration = {**settings.configuration(), "out": str(out) if out else None, "threads": used_threads}
    path = out or folder / "scores.csv"
    run = RunDirectory.check(folder, configuration, resume=resume)
    _check_out(path, run)
    networks = settings.networks()
    rows = read_genotypes(genotypes)
    parsed = _parsed(rows, networks, genotypes)
    with cli.shown_progress(json) as progress, StopSignal() as stop:
        evaluate = settings.build(stop.check)
        with RunDirectory.start(folder, configuration, resume=resume).alone():
            scores = ScoreFile(path)
            done = set(scores.table().texts("genotype"))
            _say_what_is_done(rows, done, path, progress)
            for row, genotype in zip(rows, parsed, strict=True):
                if row.genotype in done:
                    continue
                found = evaluate(genotype)
                scores.append(row.genotype, found, networks.cost(genotype))
                progress.advance(score=found.score, seconds=found.seconds)
                stop.check()
    _show(scores, rows, folder, json)


def _check_out(path: Path, run: RunDirectory) -> None:
    """Refuse scores of which nothing says how they came about."""
    if path.exists() and not run.configuration_path.is_file():
        raise RunError(
            f"{path} is there already, and no run in {run.path} says how it was scored; name another file with --out"
        )


def _parsed(rows: Sequence[Row], space: Space[Any], path: Path) -> list[Any]:
    """Read every genotype before the first is scored, so that a mistake costs no time."""
    found, mistakes = [], []
    for row in rows:
        try:
            found.append(space.parse(row.genotype))
        except GTNError as error:
            mistakes.append(f"{path}, line {row.line}: {error}")
    if mistakes:
        more = f" (and {len(mistakes) - 1} more lines like it)" if mistakes[1:] else ""
        raise DataError(f"{mistakes[0]}{more}; nothing was scored")
    return found


def _say_what_is_done(rows: Sequence[Row], done: set[str], path: Path, progress: Progress) -> None:
    before = sum(row.genotype in done for row in rows)
    if before == len(rows):
        progress.note(f"{path} has all {before} genotypes already")
    progress.start("scoring", len(rows), before)


def _show(scores: ScoreFile, rows: Sequence[Row], folder: Path, json: bool) -> None:
    table, asked = scores.table(), {row.genotype for row in rows}
    ranked = sorted(
        (row for row in zip(table.numbers("score"), table.texts("genotype"), strict=True) if row[1] in asked),
        reverse=True,
    )
    diverged = sum(score == float("-inf") for score, _ in ranked)
    if json:
        best = {"genotype": ranked[0][1], "score": ranked[0][0]} if diverged < len(ranked) else None
        content = {"out": str(scores.path), "run_dir": str(folder), "scored": len(ranked), "diverged": diverged}
        cli.print_json({**content, "best": best})
        return
    shown = [[genotype, f"{score:.4g}"] for score, genotype in ranked[:SHOWN]]
    cli.print_table(f"The best of {len(ranked)}", ["genotype", "score"], shown)
    print(f"scores: {scores.path}", file=sys.stdout)
