"""The pictures of a run that made a generated environment."""

import numpy as np
import torch
from scipy.stats import trim_mean

from gtn_core.reporting import Picture, new_figure, picture, style_of
from gtn_rl.environments import Artefact, EnvironmentGenerator
from gtn_rl.reporting._curves import Curves

SHOWN = 6
"""At most this many numbers of an observation."""
STATES = 512
ACTIONS = 9
"""Of a continuous action, from one bound to the other."""


def curves_picture(curves: Curves) -> Picture:
    """Draw an agent's returns over its steps in the generated environment, and another's in the real one."""
    figure = new_figure(7.6, 3.4)
    axes = figure.subplots()
    for style, name, curve in (("teacher", "generated", curves.synthetic), ("real_data", "real", curves.real)):
        returns = np.array(curve.curve)
        axes.plot(
            curve.curve_steps,
            trim_mean(returns, 0.25, axis=1),
            **style_of(style).line,
            label=f"trained in the {name} environment",
        )
        axes.fill_between(
            curve.curve_steps, returns.min(1), returns.max(1), color=style_of(style).color, alpha=0.15, linewidth=0
        )
    axes.set(xlabel="steps of the agent", ylabel="return in the real environment")
    axes.legend(loc="best")
    caption = (
        f"{curves.synthetic.agent} with default hyper-parameters, {len(curves.synthetic.curve[0])} agents each: "
        "interquartile mean of their returns in the real environment, and the range of all. The steps that "
        "meta-training took are not in it."
    )
    return picture("curves", figure, caption, "Learning curves in the generated and in the real environment.")


@torch.no_grad()
def states_picture(artefact: Artefact) -> Picture:
    """Draw what a generated environment rewards: how much the last action gets more than the first, over the states."""
    generator = artefact.generator
    noise = torch.randn(STATES, generator.size, generator=torch.Generator().manual_seed(0))
    states = generator.initial(noise)
    observations, rewards = generator.observe(states).numpy(), _rewards(generator, states).numpy()
    preferred = rewards[:, -1] - rewards[:, 0]
    shown = min(SHOWN, generator.size)
    figure = new_figure(7.6, 2.6)
    for index, axes in enumerate(np.atleast_1d(figure.subplots(1, shown, sharey=True))):
        axes.scatter(observations[:, index], preferred, s=4, color=style_of("teacher").color, alpha=0.5)
        axes.set(xlabel=f"observation {index}")
        axes.locator_params(axis="x", nbins=2)  # more run into each other
        if index == 0:
            axes.set(ylabel="reward, last less first action")
    caption = (
        f"{STATES} generated initial states: each number of the observation against how much more the last action is "
        "rewarded than the first. They are made to teach, not to look like what happens in the real environment."
    )
    return picture("states", figure, caption, "Scatter plots of generated rewards over observations.")


@torch.no_grad()
def rewards_picture(artefact: Artefact) -> Picture:
    """Draw how rewards are distributed, for each action."""
    generator = artefact.generator
    noise = torch.randn(STATES, generator.size, generator=torch.Generator().manual_seed(1))
    rewards = _rewards(generator, generator.initial(noise)).numpy()
    figure = new_figure(7.6, 2.6)
    axes = figure.subplots()
    labels = [f"action {action}" for action in range(rewards.shape[1])]
    if not artefact.specification.spaces.discrete:
        labels = [f"{value:+.2f}" for value in np.linspace(-1, 1, ACTIONS)]
    axes.boxplot(list(rewards.T), orientation="horizontal", showfliers=False)
    axes.set_yticks(range(1, len(labels) + 1), labels)
    axes.set(xlabel="reward")
    caption = "Rewards of each action over the same states: boxes hold the middle half, whiskers reach 1.5 boxes on."
    if not artefact.specification.spaces.discrete:
        caption += " Actions are counted from -1, their least value, to 1; all numbers of an action are the same."
    return picture("rewards", figure, caption, "Box plots of generated rewards for each action.")


def _rewards(generator: EnvironmentGenerator, states: torch.Tensor) -> torch.Tensor:
    """Return the rewards of every action, `[N, actions]`, or of evenly spaced ones."""
    size = generator.spaces.action_size
    evenly = torch.linspace(-1, 1, ACTIONS)[:, None].expand(-1, size)
    actions = torch.eye(size) if generator.spaces.discrete else evenly
    columns = [generator.advance(states, action.expand(len(states), -1)).reward for action in actions]
    return torch.stack(columns, dim=1)
