"""The options that say how genotypes are scored: one home for every command that has them."""

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from inspect import Parameter, Signature, signature
from typing import Any

from gtn_core import cli
from gtn_nas.cli import _options
from gtn_nas.evaluation import EvaluationSettings


def with_gtn_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of GTN evaluation, and call it with what they say as its first argument."""
    return _with_options(command, _gtn)


def with_evaluation_options(command: Callable[..., None]) -> Callable[..., None]:
    """The same with `--evaluation` and the options of all others."""
    return _with_options(command, _gtn, _any)


def _with_options(
    command: Callable[..., None], first: Callable[..., EvaluationSettings], *further: Callable[..., EvaluationSettings]
) -> Callable[..., None]:
    """Give a command the parameters of functions: the first makes settings, each further one changes them."""
    asked = [list(signature(first).parameters.values())]
    asked += [list(signature(change).parameters.values())[1:] for change in further]
    _, *own = signature(command).parameters.values()

    @wraps(command)
    def complete(**given: Any) -> None:
        chosen = [{parameter.name: given.pop(parameter.name) for parameter in parameters} for parameters in asked]
        settings = first(**chosen[0])
        for change, values in zip(further, chosen[1:], strict=True):
            settings = change(settings, **values)
        command(settings, **given)

    # In the order of `--help`: what must be given, the teacher first, and then how the command goes about it.
    everything = [*(parameter for parameters in asked for parameter in parameters), *own]
    merged = sorted(everything, key=lambda parameter: parameter.default is not Parameter.empty)
    complete.__signature__ = Signature(  # type: ignore[attr-defined]
        [parameter.replace(kind=Parameter.KEYWORD_ONLY) for parameter in merged]
    )
    return complete


def _gtn(
    teacher: cli.TeacherArgument,
    space: _options.SpaceOption,
    score: _options.ScoreOption = None,
    seeds: _options.SeedsOption = None,
    cells: _options.CellsOption = None,
    channels: _options.ChannelsOption = None,
    filters: _options.FiltersOption = None,
    images: _options.ImagesOption = None,
    batch_norm: _options.BatchNormOption = None,
    steps: _options.StepsOption = None,
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
        options={"score": score, "seeds": seeds, "images": images, "batch_norm": batch_norm, "steps": steps},
    )


def _any(
    settings: EvaluationSettings,
    evaluation: _options.EvaluationOption = "gtn",
    epochs: _options.EpochsOption = None,
    subset: _options.SubsetOption = None,
    batch_size: _options.BatchSizeOption = None,
    learning_rate: _options.LearningRateOption = None,
    momentum: _options.MomentumOption = None,
) -> EvaluationSettings:
    further = {
        "epochs": epochs,
        "subset": subset,
        "batch_size": batch_size,
        "learning_rate": learning_rate,
        "momentum": momentum,
    }
    return replace(settings, evaluation=evaluation, options=settings.options | further)
