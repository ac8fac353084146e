"""The pictures of a run of meta-training demonstrations."""

from collections.abc import Iterable
from itertools import cycle

import numpy as np
import torch
from numpy.typing import NDArray

from gtn_core.reporting import Picture, new_figure, picture, style_of
from gtn_rl.demonstrations import Demonstrations
from gtn_rl.reporting._record import Evaluation, RunRecord

SHOWN = 6
"""At most this many values of a state."""


def training_picture(record: RunRecord) -> Picture | None:
    """Draw returns over steps taken in the real environment."""
    steps = [step for step in record.steps if step.sampled_return is not None]
    if not steps:
        return None
    figure = new_figure(7.6, 3.4)
    axes = figure.subplots()
    real = np.array([step.real_steps for step in steps])
    axes.plot(
        real,
        _numbers(step.sampled_return for step in steps),
        color=style_of("untrained").color,
        linewidth=0.8,
        label="in training, actions drawn, up to the horizon",
    )
    validated = [step for step in record.steps if step.validation_return is not None]
    places = [step.real_steps for step in validated]
    axes.plot(
        places,
        _numbers(step.validation_return for step in validated),
        **style_of("teacher").line,
        label="fresh policies, mean",
    )
    axes.plot(
        places,
        _numbers(step.validation_worst_tenth for step in validated),
        **style_of("real_data").line,
        label="fresh policies, worst tenth",
    )
    axes.set(xlabel="steps in the real environment", ylabel="return")
    axes.legend(loc="best")
    caption = (
        "Returns in the real environment of policies that took their inner loop a moment before. Validation is on "
        "whole episodes with the most likely actions."
    )
    return picture("returns", figure, caption, "Line chart of returns over real steps.")


def policies_picture(evaluation: Evaluation) -> Picture:
    """Draw every fresh policy's return, in order."""
    figure = new_figure(7.6, 3.0)
    axes = figure.subplots()
    styles = ("teacher", "real_data", "warm_start", "untrained")
    for style, (name, found) in zip(cycle(styles), evaluation.returns.items(), strict=False):
        returns = sorted(found.returns)
        axes.plot(
            np.linspace(0, 100, len(returns)),
            returns,
            **style_of(style).line,
            markevery=0.1,
            label=name.replace("_", " "),
        )
    axes.set(xlabel="fresh policies, in order of their return (%)", ylabel="mean return")
    axes.legend(loc="lower right")
    caption = "Mean return of every fresh policy, from the worst to the best."
    return picture("policies", figure, caption, "Returns of fresh policies in ascending order.")


@torch.no_grad()
def demonstrations_picture(demonstrations: Demonstrations) -> Picture:
    """Draw the generated states, coloured by what is to be answered there."""
    states, targets = (found.cpu().numpy() for found in demonstrations.batch())
    wanted = targets[:, -1] - targets[:, 0] if targets.shape[1] > 1 else targets[:, 0]
    shown = min(SHOWN, states.shape[1])
    figure = new_figure(7.6, 2.6)
    for index, axes in enumerate(np.atleast_1d(figure.subplots(1, shown, sharey=True))):
        axes.scatter(states[:, index], wanted, s=4, color=style_of("teacher").color, alpha=0.5)
        axes.set(xlabel=f"state {index}")
        axes.locator_params(axis="x", nbins=2)  # more run into each other
        if index == 0:
            axes.set(ylabel="target" if targets.shape[1] == 1 else "last target less first")
    caption = (
        f"A batch of {len(states)} generated demonstrations: each value of the states against the target. They are "
        "made to teach, not to look like what happens in the environment."
    )
    return picture("demonstrations", figure, caption, "Scatter plots of generated targets over states.")


def _numbers(values: Iterable[float | None]) -> NDArray[np.float64]:
    """What is missing leaves a gap."""
    return np.array([np.nan if value is None else value for value in values])
