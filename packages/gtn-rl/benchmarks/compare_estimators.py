"""The exact meta-gradient against evolution strategies, by steps in the real environment: a JSON line for each run.

Both start from the same random generators and are judged alike: 8 fresh agents, a whole episode each, which are not
counted. Run it with `--picture FILE` to draw what `--read FILE` holds, or what it has just measured.
"""

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

import torch

from gtn_core.seeding import derive_seed
from gtn_rl.environments import EnvironmentTask, environment_recipe_for

ESTIMATORS = ("exact", "evolution")
EXACT_STEPS = 4000
"""In the real environment, for an outer step: 8 agents with one copy of 500 steps each."""
POINTS = 6
"""At which a run is judged, beside its start."""


def recipe_of(estimator: str, budget: int, changes: list[str]):
    """Return CartPole's recipe, or its counterpart for evolution strategies."""
    if estimator == "exact":
        # The learning rates of agents grow until the middle of the run, as in the recipe.
        own = ["rollouts.copies=1", f"outer.steps={max(1, budget // EXACT_STEPS)}"]
        return environment_recipe_for("CartPole-v1", own)
    # Whatever is differentiated by differences needs no undecided agents, and no more episodes than differences ask.
    few = ["evolution.agents=4", "evolution.pairs=6", "rollouts.copies=1"]
    own = ["estimator=evolution", *few, "inner.gentle_start=1.0", *changes]
    return environment_recipe_for("CartPole-v1", own)


def measure(estimator: str, seed: int, budget: int, longest: float, changes: list[str]) -> dict[str, Any]:
    """Meta-train until a number of real steps is taken, or an amount of processor time."""
    task = EnvironmentTask("CartPole-v1", recipe_of(estimator, budget, changes), seed)
    judge = EnvironmentTask("CartPole-v1", recipe_of("exact", budget, []), seed)
    curve, taken, step, seconds = [], 0, 0, 0.0

    def judged() -> list[float]:
        judge.generator.load_state_dict(task.generator.state_dict())
        own = derive_seed(seed, "judge", len(curve))
        return [taken, float(judge.trained_returns(own, own).mean())]

    with task, judge:
        curve.append(judged())
        due = budget / POINTS
        while taken < budget and seconds < longest:
            begun = time.process_time()
            taken += task.outer_step(step, task.settings.outer.learning_rate).real_steps
            seconds += time.process_time() - begun
            step += 1
            if taken >= due:
                curve.append(judged())
                due += budget / POINTS
        if curve[-1][0] != taken:
            curve.append(judged())
    return {
        "estimator": estimator,
        "seed": seed,
        "changes": changes if estimator == "evolution" else [],
        "outer_steps": step,
        "real_steps": taken,
        "processor_seconds": round(seconds, 1),
        "curve": curve,
    }


def draw(found: list[dict[str, Any]], path: Path) -> None:
    """Draw every run's returns over its real steps."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(6, 3.5), layout="constrained")
    styles = (
        {"color": "#0072b2", "linestyle": "-", "marker": "o"},
        {"color": "#e69f00", "linestyle": "--", "marker": "s"},
    )
    for style, estimator in zip(styles, ESTIMATORS, strict=True):
        runs = [one for one in found if one["estimator"] == estimator]
        for number, run in enumerate(runs):
            steps, returns = zip(*run["curve"], strict=True)
            label = {"exact": "exact meta-gradient", "evolution": "evolution strategies"}[estimator]
            axes.plot(steps, returns, **style, markersize=3, label="" if number else label)
    axes.set_xlabel("steps in the real environment")
    axes.set_ylabel("return of fresh agents")
    axes.legend()
    figure.savefig(path, dpi=130)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--budget", type=int, default=200_000, help="steps in the real environment, each")
    parser.add_argument("--longest", type=float, default=600.0, help="processor seconds, each")
    parser.add_argument("--estimators", nargs="+", choices=ESTIMATORS, default=ESTIMATORS)
    parser.add_argument("--set", nargs="*", default=[], help="of the recipe for evolution strategies: KEY=VALUE")
    parser.add_argument("--read", type=Path, help="draw these lines and measure nothing")
    parser.add_argument("--picture", type=Path)
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    found: list[dict[str, Any]] = []
    if chosen.read:
        found = [json.loads(line) for line in chosen.read.read_text().splitlines()]
    else:
        for seed in range(chosen.seeds):
            for estimator in chosen.estimators:
                found.append(measure(estimator, seed, chosen.budget, chosen.longest, chosen.set))
                sys.stdout.write(json.dumps(found[-1]) + "\n")
                sys.stdout.flush()
    if chosen.picture:
        draw(found, chosen.picture)


if __name__ == "__main__":
    main()
