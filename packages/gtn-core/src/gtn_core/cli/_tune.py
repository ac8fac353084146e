"""`gtn tune`."""

from typing import Annotated

import typer

from gtn_core.cli import _options
from gtn_core.cli._output import percent, print_json, print_table, shown_progress
from gtn_core.data import RealData
from gtn_core.recipes import Tuning, load_recipe, tune, with_overrides
from gtn_core.recipes._tune import LEARNING_RATES, MOMENTA

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
    wanted = resolved.data
    real = RealData.load(
        data or wanted.source,
        validation=wanted.validation,
        test=wanted.test,
        label_column=wanted.label_column,
        device=place,
    )
    with shown_progress(json) as progress:
        progress.start("real data", len(LEARNING_RATES) * len(MOMENTA))
        points = tune(
            resolved,
            real,
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
    accuracy = point.accuracy
    summary = {"mean": accuracy.mean, "low": accuracy.low, "high": accuracy.high}
    return {"learning_rate": point.learning_rate, "momentum": point.momentum, **summary}


def _interval(point: Tuning) -> list[str]:
    return [percent(point.accuracy.mean), f"{percent(point.accuracy.low)} to {percent(point.accuracy.high)}"]
