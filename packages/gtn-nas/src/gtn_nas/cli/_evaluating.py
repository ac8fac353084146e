"""The options that say how genotypes are scored, for every command that has all of them."""

from collections.abc import Callable
from functools import wraps
from inspect import Parameter, Signature, signature
from typing import Any

from gtn_core import cli
from gtn_nas.cli import _options
from gtn_nas.evaluation import EvaluationSettings


def with_evaluation_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of `_settings`, and call it with what they say as its first argument."""
    settings = signature(_settings).parameters
    _, *own = signature(command).parameters.values()

    @wraps(command)
    def complete(**given: Any) -> None:
        chosen = {name: given.pop(name) for name in settings}
        command(_settings(**chosen), **given)

    # In the order of `--help`: what must be given, the teacher first, and then how the command goes about it.
    merged = sorted([*settings.values(), *own], key=lambda parameter: parameter.default is not Parameter.empty)
    complete.__signature__ = Signature(  # type: ignore[attr-defined]
        [parameter.replace(kind=Parameter.KEYWORD_ONLY) for parameter in merged]
    )
    return complete


def _settings(
    teacher: cli.TeacherArgument,
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
) -> EvaluationSettings:
    return EvaluationSettings(
        teacher,
        space,
        data,
        seed,
        cli.checked_device(device),
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
        evaluation=evaluation,
    )
