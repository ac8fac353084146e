"""`gtn-nas correlate`."""

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from gtn_core import cli
from gtn_core.errors import ConfigurationError, DataError
from gtn_nas.tables import GENOTYPE, Table, read_table

NAME = "correlate"
HELP = """Compare scores with the truth: rank correlations with 95 % intervals over architectures, and a scatter plot.

Example: gtn-nas correlate scores.csv --truth truth.csv --truth-column test_accuracy"""


def command(
    scores: Annotated[Path, typer.Argument(metavar="SCORES", help="A CSV file that `gtn-nas rank` wrote.")],
    truth: Annotated[Path, typer.Option("--truth", metavar="FILE", help="A CSV file with a column `genotype`.")],
    truth_column: Annotated[
        str, typer.Option("--truth-column", metavar="NAME", help="Column of the truth; higher is better.")
    ],
    score_column: Annotated[
        str, typer.Option("--score-column", metavar="NAME", help="Column of the scores, e.g. params.")
    ] = "score",
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="PNG file; beside the scores unless given.")
    ] = None,
    seed: cli.SeedOption = 0,
    json: cli.JsonOption = False,
) -> None:
    """Compare scores with the truth."""
    picture = out or scores.with_suffix(".png")
    if picture.suffix.lower() != ".png":
        raise ConfigurationError(f"--out {picture} is not a PNG file; give a name that ends in .png")
    if not picture.absolute().parent.is_dir():
        raise ConfigurationError(f"--out {picture}: there is no folder {picture.absolute().parent}")
    table, known = read_table(scores), _by_genotype(read_table(truth), truth_column)
    names, values = table.texts(GENOTYPE), table.numbers(score_column)
    places = [place for place, name in enumerate(names) if name.strip() in known]
    if not places:
        raise DataError(f"no genotype of {scores} is in {truth}; both need the same text in the column {GENOTYPE!r}")
    if missing := len(names) - len(places):
        print(f"warning: {missing} of {len(names)} genotypes are not in {truth} and are left out", file=sys.stderr)
    x, y = [values[place] for place in places], [known[names[place].strip()] for place in places]
    params = [table.numbers("params")[place] for place in places] if "params" in table.columns else None

    from gtn_nas.ranking import correlate, scatter  # slow to import

    found = correlate(x, y, params, seed=seed)
    picture.write_bytes(scatter(x, y, found, score_name=score_column, truth_name=truth_column))
    if json:
        estimates = {name: asdict(estimate) for name, estimate in found.items()}
        cli.print_json({"architectures": len(x), **estimates, "picture": str(picture)})
        return
    rows = [
        [name.replace("_", " "), *(_text(value) for value in (estimate.value, estimate.low, estimate.high))]
        for name, estimate in found.items()
    ]
    cli.print_table(f"{score_column} and {truth_column} of {len(x)} architectures", ["", "value", "low", "high"], rows)
    print(f"picture: {picture}")


def _by_genotype(table: Table, column: str) -> dict[str, float]:
    names = (name.strip() for name in table.texts(GENOTYPE))
    return dict(zip(names, table.numbers(column), strict=True))


def _text(value: float | None) -> str:
    return "not defined" if value is None else f"{value:.3f}"
