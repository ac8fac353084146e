"""`gtn tune`."""

from typing import Annotated

import typer

from gtn_core.cli import _options
from gtn_core.cli._output import accuracy_row, percent, print_json, print_table, shown_progress
from gtn_core.recipes import LEARNING_RATES, MOMENTA, Tuning, load_recipe, tune, with_overrides

NAME = "tune"
HELP = """Sweep inner learning rate and momentum on real data at the recipe's steps; print the best.

Example: gtn tune digits --count 4"""


def command(
    recipe: _options.RecipeArgument,
    overrides: _options.SetOption = None,
    data: _options.DataOption = None,
    count: Annotated[int, typer.Option("--count", min=1, max=10_000, help="Fresh learners a point.")] = 4,
    seed: _options.SeedOption = 0,
    device: _options.DeviceOption = "cpu",
    threads: _options.ThreadsOption = None,
    json: _options.JsonOption = False,
) -> None:
    """Sweep inner learning rate and momentum."""
    resolved = with_overrides(load_recipe(recipe), overrides or [])
    _options.set_threads(threads)
    place = _options.checked_device(device)
    real = resolved.data.load(resolved.data.source if data is None else data, place)
    with shown_progress(json) as progress:
        progress.start("real data", len(LEARNING_RATES) * len(MOMENTA))
        points = tune(
            resolved,
            real,
            learning_rates=LEARNING_RATES,
            momenta=MOMENTA,
            count=count,
            seed=seed,
            on_point=lambda point: progress.advance(accuracy=point.accuracy.mean),
        )
    if json:
        print_json({"best": _content(points[0]), "points": [_content(point) for point in points]})
        return
    rows = [[f"{point.learning_rate:g}", f"{point.momentum:g}", *_interval(point)] for point in points]
    title = (
        f"Few-step validation accuracy on real data, {resolved.teacher.steps} steps of {resolved.teacher.batch} images"
    )
    print_table(title, ["learning rate", "momentum", "mean", "95 % interval"], rows)
    best = points[0]
    print(f"best: learning rate {best.learning_rate:g}, momentum {best.momentum:g}: {percent(best.accuracy.mean)}")


def _content(point: Tuning) -> dict[str, float]:
    return {"learning_rate": point.learning_rate, "momentum": point.momentum, **point.accuracy.interval()}


def _interval(point: Tuning) -> list[str]:
    return accuracy_row("", point.accuracy.interval())[1:]
