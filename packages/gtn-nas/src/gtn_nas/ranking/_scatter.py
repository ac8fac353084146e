"""The picture of a ranking: truth against score, the best half by score set apart, as in figure 9 of the paper."""

from collections.abc import Sequence

import numpy as np

from gtn_core.reporting import house_style, new_figure, style_of, to_png
from gtn_nas.ranking._correlations import Estimate
from gtn_nas.ranking._statistics import best_by


def scatter(
    scores: Sequence[float], truth: Sequence[float], found: dict[str, Estimate], *, score_name: str, truth_name: str
) -> bytes:
    """Return a PNG.

    Args:
        scores: one an architecture; those of -inf are drawn at the left edge, as crosses.
        truth: one an architecture.
        found: what `correlate` returned, for the legend.
        score_name: of the horizontal axis.
        truth_name: of the vertical axis.
    """
    x, y = np.asarray(scores, dtype=np.float64), np.asarray(truth, dtype=np.float64)
    finite, top = np.isfinite(x), best_by(0.5, x)
    with house_style():
        figure = new_figure(6.4, 4.4)
        axes = figure.subplots()
        for chosen, label, style in (
            (
                finite & top,
                f"best half by score, rank correlation {_text(found['spearman_top_half'])}",
                style_of("teacher"),
            ),
            (finite & ~top, f"the rest; of all, rank correlation {_text(found['spearman'])}", style_of("real_data")),
        ):
            axes.scatter(x[chosen], y[chosen], s=16, c=style.color, marker=style.marker, alpha=0.75, label=label)
        if not finite.all():
            left = axes.get_xlim()[0]
            axes.scatter(np.full((~finite).sum(), left), y[~finite], marker="x", c="#666666", label="diverged")
        axes.set_xlabel(score_name)
        axes.set_ylabel(truth_name)
        axes.legend(loc="best")
        return to_png(figure)


def _text(estimate: Estimate) -> str:
    return "not defined" if estimate.value is None else f"{estimate.value:.2f}"
