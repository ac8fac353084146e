"""`gtn-nas score`."""

from math import isfinite
from typing import Annotated, Any

import typer

from gtn_core import cli
from gtn_nas.cli import _options
from gtn_nas.cli._evaluating import Wanted
from gtn_nas.evaluation import Score
from gtn_nas.spaces import Cost

NAME = "score"
HELP = """Score one genotype: train fresh networks of it on a teacher's batches, judge them on real validation images.

Example: gtn-nas score digits "|nor_conv_3x3~0|+|none~0|none~1|+|none~0|skip_connect~1|none~2|" --space nb201"""


def command(
    teacher: cli.TeacherArgument,
    genotype: Annotated[str, typer.Argument(metavar="GENOTYPE", help="As its search space prints it, in quotes.")],
    space: _options.SpaceOption,
    evaluation: _options.EvaluationOption = "gtn",
    score: _options.ScoreOption = None,
    seeds: _options.SeedsOption = None,
    cells: _options.CellsOption = None,
    channels: _options.ChannelsOption = None,
    filters: _options.FiltersOption = None,
    images: _options.ImagesOption = None,
    batch_norm: _options.BatchNormOption = None,
    steps: _options.StepsOption = None,
    epochs: _options.EpochsOption = None,
    subset: _options.SubsetOption = None,
    batch_size: _options.BatchSizeOption = None,
    learning_rate: _options.LearningRateOption = None,
    momentum: _options.MomentumOption = None,
    data: cli.DataOption = None,
    seed: cli.SeedOption = 0,
    device: cli.DeviceOption = "cpu",
    threads: cli.ThreadsOption = None,
    json: cli.JsonOption = False,
) -> None:
    """Score one genotype."""
    cli.set_threads(threads)
    wanted = Wanted(
        teacher=teacher,
        space=space,
        evaluation=evaluation,
        data=data,
        seed=seed,
        device=cli.checked_device(device),
        size={"cells": cells, "channels": channels, "filters": filters},
        options={
            "score": score,
            "seeds": seeds,
            "images": images,
            "batch_norm": batch_norm,
            "steps": steps,
            "epochs": epochs,
            "subset": subset,
            "batch_size": batch_size,
            "learning_rate": learning_rate,
            "momentum": momentum,
        },
    )
    networks = wanted.networks()
    parsed = networks.parse(genotype)
    found = wanted.build()(parsed)
    content = _content(found, networks.cost(parsed))
    if json:
        cli.print_json({"genotype": genotype, **content})
        return
    rows = [[name, _text(value)] for name, value in content.items()]
    cli.print_table(f"Score of {parsed}", ["", evaluation], rows)


def _content(found: Score, cost: Cost) -> dict[str, Any]:
    """Return what JSON can hold: null for a score of -inf, and for losses that are no numbers."""
    figures = {name: list(map(_finite, getattr(found, name))) for name in ("accuracies", "losses", "areas")}
    score = {"score": _finite(found.score), "score_std": found.score_std}
    return {**score, **figures, "seconds": found.seconds, **cost._asdict(), "status": found.status}


def _finite(value: float) -> float | None:
    return value if isfinite(value) else None


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(_text, value))
    return f"{value:.4g}" if isinstance(value, float) else str("none" if value is None else value)
