"""How meta-training went: meta-loss, norm of the meta-gradient, validation accuracy, all over outer steps."""

import math
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from gtn_core.reporting._comparison import label_of
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
from gtn_core.reporting._record import RunRecord
from gtn_core.runs import OuterStep

HALF = (4.7, 3.2)
"""Inches of a picture that has another one beside it."""
WIDE = (9.6, 3.6)
SMOOTHED_SHARE = 20
"""The smoothed line is the mean of this part of all steps."""


def training_pictures(record: RunRecord) -> list[Picture]:
    """Return the pictures there are numbers for."""
    drawn = (_validation_picture(record), _meta_loss_picture(record), _gradient_norm_picture(record))
    return [found for found in drawn if found]


def smoothed(values: NDArray[np.float64]) -> tuple[NDArray[np.float64], int]:
    """Return the mean of the values around each one, gaps left out, and how many values that is (an odd number)."""
    width = 2 * (len(values) // SMOOTHED_SHARE // 2) + 1
    known = np.isfinite(values)
    kernel = np.ones(width)
    total = np.convolve(np.where(known, values, 0.0), kernel, mode="same")
    count = np.convolve(known.astype(np.float64), kernel, mode="same")
    return np.where(known, total / np.maximum(count, 1.0), np.nan), width


def _meta_loss_picture(record: RunRecord) -> Picture | None:
    figure = new_figure(*HALF)
    axes = figure.subplots()
    drawn: list[float] = []
    for arm, steps in record.meta_training.items():
        drawn += _draw_smoothed(axes, arm, steps, [step.meta_loss for step in steps])
    if not drawn:
        return None
    _finish(axes, record, "meta-loss (cross-entropy, log scale)")
    log_axis(axes, drawn)
    caption = (
        "Meta-loss: cross-entropy of taught learners on real training images, averaged over the inner steps at which "
        "they are judged. Light: each outer step, with a fresh learner. Strong: the mean of the steps around."
    )
    return picture("meta-loss", figure, caption, "Line chart of the meta-loss over outer steps.")


def _gradient_norm_picture(record: RunRecord) -> Picture | None:
    steps = record.meta_training.get("teacher")
    if not steps:
        return None
    figure = new_figure(*HALF)
    axes = figure.subplots()
    drawn = _draw_smoothed(axes, "teacher", steps, [step.gradient_norm for step in steps])
    if not drawn:
        return None
    skipped = [step.step + 1 for step in steps if step.gradient_norm is None]
    if skipped:
        style: dict[str, Any] = {"color": "black", "marker": "x", "linestyle": "none", "clip_on": False}
        at_the_foot = axes.get_xaxis_transform()
        axes.plot(skipped, [0.0] * len(skipped), transform=at_the_foot, label="skipped step", **style)
    _finish(axes, record, "norm of the meta-gradient (log scale)")
    log_axis(axes, drawn)
    caption = f"Norm of the teacher's meta-gradient, before any clipping. {skipped_words(record)}"
    return picture("gradient-norm", figure, caption, "Line chart of the meta-gradient's norm over outer steps.")


def skipped_words(record: RunRecord) -> str:
    """Say how many outer steps were skipped, and how often meta-training rolled back."""
    steps = record.meta_training.get("teacher", [])
    count = max((step.skipped for step in steps), default=0)
    rollbacks = max((step.rollbacks for step in steps), default=0)
    if not count:
        return "No outer step was skipped."
    skipped = "1 outer step was" if count == 1 else f"{count:,} outer steps were"
    words = f"{skipped} skipped, since the meta-gradient was not finite or had exploded."
    if rollbacks:
        times = "Once" if rollbacks == 1 else f"{rollbacks:,} times"
        words += f" {times} meta-training went back to its last checkpoint, with smaller steps from there."
    return words


def _validation_picture(record: RunRecord) -> Picture | None:
    figure = new_figure(*WIDE)
    axes = figure.subplots()
    lowest = 100.0
    for arm, steps in record.meta_training.items():
        judged = [step for step in steps if step.validation_accuracy is not None]
        if judged:
            lowest = min(lowest, _draw_validations(axes, arm, judged))
    if not axes.lines:
        return None
    _finish(axes, record, "validation accuracy", place="lower right")
    percent_axis(axes, 10 * math.floor(max(lowest - 1, 0) / 10))
    learners = record.setting("recipe", "outer", "validation_learners", default="a few")
    caption = (
        f"Few-step accuracy on the validation split, of {learners} fresh learners at each point; the bands are 95 % "
        "bootstrap intervals of their mean."
    )
    return picture("validation-accuracy", figure, caption, "Line chart of validation accuracy over outer steps.")


def _draw_validations(axes: Axes, arm: str, judged: Sequence[OuterStep]) -> float:
    """Draw one arm's validations and return the lowest value drawn, in percent."""
    style = style_of(arm)
    done = [step.step + 1 for step in judged]
    means = 100 * _numbers([step.validation_accuracy for step in judged])
    lows = 100 * _numbers([step.validation_accuracy_low for step in judged])
    highs = 100 * _numbers([step.validation_accuracy_high for step in judged])
    axes.fill_between(done, lows, highs, color=style.color, alpha=0.18, linewidth=0)
    axes.plot(done, means, **style.line, markevery=markers(len(done)), label=drawable(label_of(arm)))
    return float(np.nanmin([means, lows]))


def _draw_smoothed(axes: Axes, arm: str, steps: Sequence[OuterStep], values: Sequence[float | None]) -> list[float]:
    """Draw values light and their smoothed course strong; return those that a log scale can show."""
    style = style_of(arm)
    done = [step.step + 1 for step in steps]
    known = _numbers(values)
    known[known <= 0] = np.nan  # a log scale has no place for it
    course, width = smoothed(known)
    label = drawable(label_of(arm)) + (f", mean of {width}" if width > 1 else "")
    if width > 1:
        axes.plot(done, known, color=style.color, alpha=0.3, linewidth=0.8)
    # One step alone is no line.
    marker = style.marker if len(done) == 1 else None
    axes.plot(done, course, color=style.color, linestyle=style.linestyle, marker=marker, label=label)
    return [float(value) for value in known[np.isfinite(known)]]


def _finish(axes: Axes, record: RunRecord, ylabel: str, place: Literal["best", "lower right"] = "best") -> None:
    axes.set_xlabel("outer steps done")
    axes.set_ylabel(ylabel)
    last = max([record.outer_steps or 1, *(steps[-1].step + 1 for steps in record.meta_training.values())])
    axes.set_xlim(-0.015 * last, 1.015 * last)
    integer_axis(axes)
    axes.legend(loc=place)


def _numbers(values: Sequence[float | None]) -> NDArray[np.float64]:
    """As an array, with a gap where there is no finite number."""
    array = np.array([math.nan if value is None else value for value in values], dtype=np.float64)
    array[~np.isfinite(array)] = np.nan
    return array
