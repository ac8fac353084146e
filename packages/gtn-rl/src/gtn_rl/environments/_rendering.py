"""What a generated environment looks like: bars for the observation, the action and the reward.

A generated state need not mean anything that could be drawn as a cart or a pendulum, so its numbers are shown.
"""

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from gtn_rl.environments._generator import EnvironmentGenerator

FRAMES_A_SECOND = 30
DEVIATIONS = 4.0
WIDTH, HEIGHT, DPI = 4.0, 3.0, 80


class Moment(NamedTuple):
    """What there is to see after a reset or a step."""

    observation: NDArray[np.float32]
    action: NDArray[np.generic] | None
    reward: float | None


def render_moment(moment: Moment, generator: EnvironmentGenerator) -> NDArray[np.uint8]:
    """Return a picture `[height, width, 3]`."""
    # matplotlib is slow to import, and only pictures need it.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH, HEIGHT), dpi=DPI, layout="constrained")
    canvas = FigureCanvasAgg(figure)
    state, action, reward = figure.subplots(1, 3, width_ratios=[max(2, generator.size), 2, 1])
    scaling = generator.scaling
    deviations = (moment.observation - scaling.mean.cpu().numpy()) / scaling.std.cpu().numpy()
    state.bar(range(len(deviations)), deviations.clip(-DEVIATIONS, DEVIATIONS), color="#00517f")
    state.set(title="observation", ylim=(-DEVIATIONS, DEVIATIONS), ylabel="standard deviations", xticks=[])
    action.bar(*_bars(moment, generator), color="#d55e00")
    action.set(title="action", ylim=(-1, 1), xticks=range(generator.spaces.action_size))
    reward.bar([0], [moment.reward or 0.0], color="#009e73")
    limit = max(1.0, abs(moment.reward or 0.0))
    reward.set(title="reward", ylim=(-limit, limit), xticks=[])
    for axes in (state, action, reward):
        axes.axhline(0.0, color="#1f2328", linewidth=0.8)
        axes.tick_params(labelsize=7)
        axes.title.set_fontsize(9)
    canvas.draw()  # type: ignore[no-untyped-call]
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()  # type: ignore[no-untyped-call]


def _bars(moment: Moment, generator: EnvironmentGenerator) -> tuple[list[int], list[float]]:
    """Places and heights: one for the chosen action, or one for each number of a continuous one."""
    places = list(range(generator.spaces.action_size))
    if moment.action is None:
        return places, [0.0] * len(places)
    return places, generator.encode(torch.as_tensor(moment.action)).flatten().tolist()
