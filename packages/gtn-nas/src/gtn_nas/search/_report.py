"""A search's report: how the scores went, the best cells, and how to go on, in one HTML file.

Importing this imports matplotlib and jinja2; commands that draw nothing should leave it alone.
"""

from itertools import accumulate
from pathlib import Path

from matplotlib.ticker import MaxNLocator

from gtn_core.reporting import Picture, house_style, new_figure, page, picture, style_of, write_report
from gtn_nas.__about__ import __version__
from gtn_nas.search._cells import cell_graphs, draw_cell
from gtn_nas.search._results import SHOWN, SearchResult

DRAWN = 3


def build_search_report(result: SearchResult, folder: Path) -> Path:
    """Write `report.html`, and its pictures under `figures/`, into a search's folder.

    Returns:
        The report's path.

    Raises:
        RunError: the folder cannot be written to.
    """
    with house_style():
        pictures = [*_scores(result), *_cells(result)]
    html = page(
        "search.html",
        package="gtn_nas.search",
        result=result,
        top=result.ranked[:SHOWN],
        pictures={found.name: found for found in pictures},
        networks=result.evaluation.networks(),
        folder=folder,
        version=__version__,
    )
    return write_report(folder, html, pictures)


def _scores(result: SearchResult) -> list[Picture]:
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
    over_trials.xaxis.set_major_locator(MaxNLocator(integer=True))
    over_trials.legend(loc="lower right")
    distribution.hist(scores, bins=min(20, max(5, len(scores) // 4)), orientation="horizontal", color=style.color)
    distribution.set(xlabel="trials")
    distribution.xaxis.set_major_locator(MaxNLocator(nbins=4, integer=True))
    caption = (
        f"Scores of {len(result.trials):,} genotypes in the order in which {result.strategy} tried them, and their "
        f"distribution; {result.diverged:,} diverged."
    )
    alternative = f"Scores from {min(scores):.4g} to {max(scores):.4g}."
    return [picture("scores", figure, caption, alternative)]


def _cells(result: SearchResult) -> list[Picture]:
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
        pictures.append(picture(f"cell-{place}", figure, caption, f"The graph of genotype {trial.genotype}"))
    return pictures
