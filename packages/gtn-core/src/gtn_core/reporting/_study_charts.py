"""Pictures of a study: lines with bands, and groups of values as dots or boxes."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from gtn_core.evaluation import bootstrap_interval
from gtn_core.reporting._drawing import (
    OTHER,
    STYLES,
    ArmStyle,
    Picture,
    drawable,
    integer_axis,
    markers,
    new_figure,
    picture,
)
from gtn_core.studies import AnyChart, GroupChart, ImageChart, LineChart

LONGEST_NAME = 44
CYCLE: tuple[ArmStyle, ...] = (
    *STYLES.values(),
    OTHER,
    ArmStyle("#e69f00", "-", "P"),
    ArmStyle("#56b4e9", "--", "X"),
    ArmStyle("#000000", "-.", "<"),
    ArmStyle("#8c564b", ":", ">"),
)


def study_picture(chart: AnyChart) -> Picture | None:
    """Return a chart's picture; none where it has nothing to show."""
    if isinstance(chart, ImageChart):
        return _image_picture(chart)
    if isinstance(chart, LineChart):
        return _line_picture(chart) if chart.lines else None
    return _group_picture(chart) if any(group.values for group in chart.groups) else None


def _line_picture(chart: LineChart) -> Picture:
    figure = new_figure(9.6, 4.4)
    axes = figure.subplots()
    for place, line in enumerate(chart.lines):
        style = CYCLE[place % len(CYCLE)]
        means = _numbers(line.mean)
        axes.fill_between(line.x, _numbers(line.low), _numbers(line.high), color=style.color, alpha=0.15, linewidth=0)
        label = drawable(line.name, LONGEST_NAME)
        axes.plot(line.x, means, **style.line, markevery=markers(len(line.x)), label=label)
    if chart.logarithmic:
        axes.set_xscale("log")
    else:
        integer_axis(axes)
    axes.set_xlabel(drawable(chart.x_label, LONGEST_NAME))
    axes.set_ylabel(drawable(chart.y_label, LONGEST_NAME))
    axes.legend(loc="best")
    axes.margins(x=0.02)
    return picture(chart.name, figure, chart.caption, f"Line chart of {chart.y_label} over {chart.x_label}.")


def _group_picture(chart: GroupChart) -> Picture:
    figure = new_figure(9.6, 1.1 + 0.55 * len(chart.groups))
    axes = figure.subplots()
    draw = _draw_boxes if chart.kind == "boxes" else _draw_dots
    for place, group in enumerate(chart.groups):
        if group.values:
            draw(axes, place, group.values, CYCLE[place % len(CYCLE)])
    names = [drawable(group.name, LONGEST_NAME) + _missing(group.missing) for group in chart.groups]
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.5, -0.5)
    if chart.logarithmic:
        axes.set_xscale("log")
    else:
        axes.xaxis.set_major_locator(MaxNLocator(8))
        axes.use_sticky_edges = False  # else no margin is left of the leftmost bar
        axes.margins(x=0.04)
    axes.set_xlabel(drawable(chart.label, LONGEST_NAME))
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="y", visible=False)
    shape = "Box plot" if chart.kind == "boxes" else "Dot chart"
    return picture(chart.name, figure, chart.caption, f"{shape} of {chart.label} for each arm.")


def _image_picture(chart: ImageChart) -> Picture:
    count = max(len(images) for images in chart.rows.values())
    figure = new_figure(9.6, 0.9 * len(chart.rows))
    grid = figure.subplots(len(chart.rows), count, squeeze=False)
    for axes_row, (name, images) in zip(grid, chart.rows.items(), strict=True):
        for axes, pixels in zip(axes_row, images, strict=False):
            shown = np.array(pixels, dtype=np.uint8).transpose(1, 2, 0)
            axes.imshow(shown if shown.shape[2] == 3 else shown.mean(2), cmap="gray", vmin=0, vmax=255)
        for axes in axes_row:
            axes.set_axis_off()
        axes_row[0].set_title(drawable(name, LONGEST_NAME), loc="left", fontsize=8)
    return picture(chart.name, figure, chart.caption, "Generated images, a row each arm.")


def _draw_dots(axes: Axes, place: int, values: Sequence[float], style: ArmStyle) -> None:
    found = bootstrap_interval(values)
    axes.barh(place - 0.12, found.high - found.low, left=found.low, height=0.16, color=style.color, alpha=0.5)
    axes.plot([found.mean], [place - 0.12], color=style.color, marker="|", markersize=12, markeredgewidth=2)
    below = [place + 0.2] * len(values)
    axes.plot(values, below, color=style.color, marker=style.marker, markersize=5, alpha=0.5, linestyle="none")


def _draw_boxes(axes: Axes, place: int, values: Sequence[float], style: ArmStyle) -> None:
    ink = {"color": style.color, "linewidth": 1.4}
    axes.boxplot(
        [list(values)],
        positions=[place],
        widths=0.5,
        orientation="horizontal",
        boxprops=ink,
        whiskerprops=ink,
        capprops=ink,
        medianprops={**ink, "linewidth": 2.4},
        flierprops={"marker": style.marker, "markeredgecolor": style.color, "markersize": 4},
        manage_ticks=False,
    )


def _missing(count: int) -> str:
    return f"\n{count} without a value" if count else ""


def _numbers(values: Sequence[float | None]) -> NDArray[np.float64]:
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)
