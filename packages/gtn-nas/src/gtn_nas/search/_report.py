"""A search's report: how the scores went, the best cells, and how to go on, in one HTML file.

Importing this imports matplotlib and jinja2; commands that draw nothing should leave it alone.
"""

from base64 import b64encode
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from gtn_core.errors import RunError
from gtn_core.reporting import house_style, new_figure, style_of, to_png
from gtn_core.runs import write_atomically
from gtn_nas.__about__ import __version__
from gtn_nas.search._cells import cell_graphs, draw_cell
from gtn_nas.search._results import SHOWN, SearchResult

REPORT, FIGURES = "report.html", "figures"
DRAWN = 3
PIXELS_AN_INCH = 96


@dataclass(frozen=True)
class SearchPicture:
    """A drawn figure and the words that go with it; see `gtn_core.reporting`."""

    name: str
    png: bytes
    width: int
    caption: str
    alternative: str


def build_search_report(result: SearchResult, folder: Path) -> Path:
    """Write `report.html`, and its pictures under `figures/`, into a search's folder.

    Returns:
        The report's path.

    Raises:
        RunError: the folder cannot be written to.
    """
    with house_style():
        pictures = [*_scores(result), *_cells(result)]
    # The style sheet, and the form of a figure, are those of the other reports.
    environment = Environment(
        loader=ChoiceLoader([PackageLoader("gtn_nas.search"), PackageLoader("gtn_core.reporting")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["unbroken"] = lambda text: text.replace(" %", "\N{NO-BREAK SPACE}%")
    environment.filters["base64"] = lambda content: b64encode(content).decode("ascii")
    html = environment.get_template("search.html").render(
        result=result,
        top=result.ranked[:SHOWN],
        pictures={picture.name: picture for picture in pictures},
        networks=result.evaluation.networks(),
        folder=folder,
        version=__version__,
    )
    try:
        (folder / FIGURES).mkdir(exist_ok=True)
        for picture in pictures:
            _write(folder / FIGURES / f"{picture.name}.png", picture.png)
        _write(folder / REPORT, html.encode())
    except OSError as error:
        raise RunError(f"cannot write the report to {folder}: {error.strerror}") from error
    return folder / REPORT


def _scores(result: SearchResult) -> list[SearchPicture]:
    """Draw the score of every trial, the best so far, and how the scores are distributed."""
    kept = [(number, trial.score) for number, trial in enumerate(result.trials, 1) if trial.score is not None]
    if not kept:
        return []
    numbers, scores = zip(*kept, strict=True)
    figure = new_figure(7.6, 3.4)
    over_trials, distribution = figure.subplots(1, 2, sharey=True, width_ratios=[3, 1])
    style = style_of("teacher")
    over_trials.scatter(numbers, scores, s=12, color=style_of("untrained").color, label="a trial")
    over_trials.step(numbers, list(accumulate(scores, max)), where="post", color=style.color, label="best so far")
    lost = [number for number, trial in enumerate(result.trials, 1) if trial.score is None]
    if lost:
        low = over_trials.get_ylim()[0]
        over_trials.scatter(
            lost, [low] * len(lost), s=18, marker="x", color=style_of("real_data").color, label="diverged"
        )
    over_trials.set(xlabel="trial", ylabel=f"score ({result.evaluation.score})")
    over_trials.legend(loc="lower right")
    distribution.hist(scores, bins=min(20, max(5, len(scores) // 4)), orientation="horizontal", color=style.color)
    distribution.set(xlabel="trials")
    distribution.xaxis.set_major_locator(MaxNLocator(nbins=4, integer=True))
    caption = (
        f"Scores of {len(result.trials):,} genotypes in the order in which {result.strategy} tried them, and their "
        f"distribution; {result.diverged:,} diverged."
    )
    alternative = f"Scores from {min(scores):.4g} to {max(scores):.4g}."
    return [_picture("scores", figure, caption, alternative)]


def _cells(result: SearchResult) -> list[SearchPicture]:
    """Draw the cells of the best genotypes, one genotype a row."""
    drawn = [trial for trial in result.ranked[:DRAWN] if trial.score is not None]
    read = result.evaluation.networks().parse
    pictures = []
    for place, trial in enumerate(drawn, 1):
        cells = cell_graphs(read(trial.genotype))
        figure = new_figure(7.6, 3.0 * len(cells))
        for axes, cell in zip(figure.subplots(len(cells), 1, squeeze=False)[:, 0], cells, strict=True):
            draw_cell(axes, cell)
        caption = f"Number {place}: {trial.genotype}, score {trial.score:.4g}. To be read from left to right."
        pictures.append(_picture(f"cell-{place}", figure, caption, f"The graph of genotype {trial.genotype}"))
    return pictures


def _picture(name: str, figure: Figure, caption: str, alternative: str) -> SearchPicture:
    width = round(figure.get_figwidth() * PIXELS_AN_INCH)
    return SearchPicture(name, to_png(figure), width, caption, alternative)


def _write(path: Path, content: bytes) -> None:
    write_atomically(path, lambda partial: partial.write_bytes(content))
