"""What the arms reach: accuracy over inner steps, single learners at the end, and the learnt inner optimizer."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullLocator
from numpy.typing import NDArray

from gtn_core.reporting._comparison import ComparisonRow, label_of
from gtn_core.reporting._drawing import (
    Picture,
    drawable,
    integer_axis,
    log_axis,
    markers,
    new_figure,
    percent_axis,
    picture,
    style_of,
)
from gtn_core.reporting._reading import Evaluation, Measured
from gtn_core.reporting._record import RunRecord

TITLES = {"learning_rate": "inner learning rate"}
FEW = 6
"""Fewer inner steps than this need no second panel."""
STRETCHED = (0, 50, 80, 90, 95, 98, 99, 100)
"""Ticks that the stretched axis may have, in percent; it has at most about `MOST_TICKS`."""
MOST_TICKS = 6
MARGIN = 0.5
"""In percent: without it, 100 % would lie at infinity."""


def inner_steps_picture(record: RunRecord, evaluation: Evaluation) -> Picture | None:
    """Return the central picture: accuracy after each inner step, for each arm that has a curve."""
    curves = {arm: curve for arm, curve in evaluation.curves.items() if curve}
    if not curves:
        return None
    figure = new_figure(9.6, 4.2)
    last = max(len(curve) for curve in curves.values()) - 1
    if last < FEW:
        axes = figure.subplots()
    else:
        axes, close = figure.subplots(1, 2, width_ratios=[2, 1])
        _draw_curves(close, {arm: curve for arm, curve in curves.items() if len(curve) == last + 1}, last - last // 3)
        close.set_title("the last third, enlarged", color="#57606a")
    _draw_curves(axes, curves, 0)
    percent_axis(axes)
    axes.set_xlabel("inner steps taken by a fresh learner")
    axes.set_ylabel(f"accuracy on real {drawable(evaluation.split)} images")
    axes.legend(loc="lower right")
    caption = (
        "How fast fresh learners learn. All start untrained and take the same number of inner steps of the same batch "
        "size; only what they are shown differs. The bands are 95 % bootstrap intervals of the mean"
        f"{_over_learners(record)}."
    )
    alternative = "Line chart of accuracy over inner steps, for the teacher and for real data."
    return picture("accuracy-over-inner-steps", figure, caption, alternative)


def _over_learners(record: RunRecord) -> str:
    learners = record.setting("recipe", "evaluation", "curve_learners")
    images = record.setting("recipe", "evaluation", "curve_images")
    words = f" over {learners} learners" if learners else " over learners"
    return f"{words}, on at most {images:,} images" if isinstance(images, int) else words


def _draw_curves(axes: Axes, curves: dict[str, tuple[Measured, ...]], first: int) -> None:
    """Draw accuracies from inner step `first` on."""
    for arm, curve in curves.items():
        _draw_curve(axes, arm, curve[first:], first)
    axes.margins(x=0.02)
    integer_axis(axes)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g} %"))


def _draw_curve(axes: Axes, arm: str, curve: Sequence[Measured], first: int) -> None:
    style = style_of(arm)
    steps = range(first, first + len(curve))
    lows, highs = [100 * point.low for point in curve], [100 * point.high for point in curve]
    axes.fill_between(steps, lows, highs, color=style.color, alpha=0.18, linewidth=0)
    means = [100 * point.mean for point in curve]
    axes.plot(steps, means, **style.line, markevery=markers(len(curve)), label=drawable(label_of(arm)))


def arms_picture(rows: Sequence[ComparisonRow]) -> Picture | None:
    """Return every learner's accuracy, with mean and interval, a line an arm."""
    if not rows:
        return None
    figure = new_figure(4.5, 1.0 + 0.55 * len(rows))
    axes = figure.subplots()
    for place, row in enumerate(rows):
        _draw_arm(axes, place, row)
    axes.set_yticks(range(len(rows)), [drawable(label_of(row.arm)) for row in rows])
    axes.set_ylim(len(rows) - 0.5, -0.5)
    _stretch(axes, 100 * max(max((row.high, *row.accuracies)) for row in rows))
    axes.set_xlabel("accuracy")
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="y", visible=False)
    caption = (
        "Pale marks: single learners. Bar with a tick: their mean and its 95 % bootstrap interval. The axis is "
        "stretched towards 100 %, where good arms differ."
    )
    return picture("arms", figure, caption, "Dot chart of the accuracy of every learner in every arm.")


def _draw_arm(axes: Axes, place: int, row: ComparisonRow) -> None:
    style = style_of(row.arm)
    learners = [100 * accuracy for accuracy in row.accuracies]
    # Learners of like accuracy lie beside each other, in the same places each time.
    scattered = [place + 0.18 + 0.07 * (index % 3 - 1) for index in range(len(learners))]
    pale: dict[str, Any] = {
        "color": style.color,
        "alpha": 0.45,
        "markeredgewidth": 0,
        "linestyle": "none",
        "clip_on": False,
    }
    axes.plot(learners, scattered, marker=style.marker, markersize=4, **pale)
    above = place - 0.18
    axes.barh(above, 100 * (row.high - row.low), left=100 * row.low, height=0.13, color=style.color, alpha=0.55)
    axes.plot([100 * row.mean], [above], color=style.color, marker="|", markersize=12, markeredgewidth=2, clip_on=False)


def _stretch(axes: Axes, highest: float) -> None:
    """Give halving the error the same room everywhere: good arms differ in the little that they still get wrong."""
    most = min(max(highest + (100 - highest) / 4, 90.0), 100.0)
    axes.set_xscale("function", functions=(_stretched, _unstretched))
    axes.set_xlim(0, most)
    ticks = _uncrowded([tick for tick in STRETCHED if tick <= most])
    axes.set_xticks(ticks, [f"{tick} %" for tick in ticks])
    axes.xaxis.set_minor_locator(NullLocator())


def _uncrowded(ticks: Sequence[int]) -> list[int]:
    """Keep 0, the highest, and below it what leaves room for the words."""
    places = dict(zip(ticks, _stretched(np.array(ticks, dtype=np.float64)).tolist(), strict=True))
    room = places[ticks[-1]] / MOST_TICKS
    kept = [ticks[-1]]
    for tick in reversed(ticks[1:-1]):
        if room <= places[tick] <= places[kept[0]] - room:
            kept.insert(0, tick)
    return [ticks[0], *kept]


def _stretched(percent: NDArray[np.float64]) -> NDArray[np.float64]:
    return -np.log10(1 - np.minimum(percent, 100) / (100 + MARGIN))


def _unstretched(place: NDArray[np.float64]) -> NDArray[np.float64]:
    return (100 + MARGIN) * (1 - np.power(10.0, -place))


def schedules_picture(record: RunRecord, evaluation: Evaluation) -> Picture | None:
    """Return the hyper-parameters of the inner optimizer at each inner step, a panel each."""
    schedules = {arm: found for arm, found in evaluation.schedules.items() if any(found.values())}
    names = list(dict.fromkeys(name for found in schedules.values() for name, values in found.items() if values))
    if not names:
        return None
    steps = record.inner_steps or max(len(values) for found in schedules.values() for values in found.values())
    figure = new_figure(4.8 * max(len(names), 1), 3.3)
    for axes, name in zip(figure.subplots(1, len(names), squeeze=False)[0], names, strict=True):
        _draw_schedules(axes, name, {arm: found[name] for arm, found in schedules.items() if found.get(name)}, steps)
        start = record.setting("recipe", "teacher", "inner_optimizer", name)
        if isinstance(start, int | float) and math.isfinite(start):
            axes.axhline(start, color="#555555", linewidth=1.0, linestyle=(0, (1, 2)), label="initial value")
        axes.legend(loc="best")
    kept = "The real-data arm keeps the initial values."
    real = "The real-data arm's was learnt by itself." if record.real_data_learnt else kept
    caption = f"The inner optimizer after meta-training. The teacher's was learnt together with its images. {real}"
    return picture("inner-optimizer", figure, caption, "Line charts of the learnt hyper-parameters over inner steps.")


def _draw_schedules(axes: Axes, name: str, schedules: dict[str, tuple[float, ...]], steps: int) -> None:
    for arm, values in schedules.items():
        style = style_of(arm)
        shared = len(values) == 1  # one value for all inner steps
        places, shown = ([1, steps], 2 * values) if shared else (range(1, len(values) + 1), values)
        axes.plot(places, shown, **style.line, markevery=markers(len(shown)), label=drawable(label_of(arm)))
    axes.set_xlabel("inner step")
    axes.set_ylabel(TITLES.get(name, drawable(name.replace("_", " "))))
    axes.margins(x=0.03)
    integer_axis(axes)
    everything = [value for values in schedules.values() for value in values]
    if min(everything) > 0 and max(everything) / min(everything) > 30:
        log_axis(axes, everything)
    else:
        axes.yaxis.set_major_locator(MaxNLocator(6))
        axes.set_ylim(bottom=min(0.0, *everything), top=1.0 if 0.5 < max(everything) <= 1 else None)
