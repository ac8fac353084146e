"""Is a teacher agnostic to architecture? Teachers on families they never met, beside real data tuned for each."""

from collections.abc import Sequence
from statistics import mean
from typing import Any

import torch

from gtn_core.data import RealData
from gtn_core.evaluation import RealDataArm, few_step_accuracy
from gtn_core.families import family_names, find_family
from gtn_core.recipes import Recipe, tune
from gtn_core.studies._arm import Outcome, StudyArm
from gtn_core.studies._comparison import percent_interval
from gtn_core.studies._result import Group, GroupChart, Table
from gtn_core.studies._study import Findings, Study
from gtn_core.studies._variants import changed
from gtn_core.studies._workshop import Workshop
from gtn_core.teacher import SGDSpecification

MIXTURE = ("digits-convnet", "mlp", "lenet", "resnet-small", "global-pooling-convnet")
"""Families of several kinds: with and without norm, with shortcuts, with pooling."""
LEARNING_RATES = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.4)
MOMENTA = (0.0, 0.5, 0.8, 0.9)
LARGEST_LEARNER = 1_000_000
"""Parameters; families of larger learners are left out unless they are named."""
REAL_DATA = "real data, tuned for each family"


class TransferStudy(Study):
    """A teacher of the recipe's families and one of a mixture, on every installed family that is not too large."""

    name = "transfer"
    question = "What is a teacher worth to architectures that it was not meta-trained on?"
    paper = 'the claim "agnostic to architecture" of section 1; not measured there'

    def arms(self, recipe: Recipe) -> list[StudyArm]:
        """Return the two teachers."""
        mixture = changed(recipe, learners=[{"family": name, "package": _package(name)} for name in MIXTURE])
        return [
            StudyArm("single", "teacher of " + ", ".join(_families(recipe)), recipe),
            StudyArm("mixture", f"teacher of {len(MIXTURE)} families", mixture),
        ]

    def conduct(self, arms: Sequence[StudyArm], workshop: Workshop) -> Findings:
        """Do what is not done yet, and say what came out."""
        outcomes = workshop.train(arms)
        recipe = arms[0].recipe
        data = recipe.data.load(workshop.data or recipe.data.source, workshop.device)
        families = workshop.families or [name for name in family_names() if _parameters(name, data) <= LARGEST_LEARNER]
        workshop.progress.start("transfer", len(families) * (1 + workshop.seeds * len(arms)))
        found: dict[str, dict[str, Any]] = {}
        for family in families:
            found[family] = {REAL_DATA: _tuned(family, recipe, data, workshop)}
            for arm, runs in zip(arms, outcomes, strict=True):
                found[family][arm.label] = [_taught(family, run, data, workshop) for run in runs]
        return _findings(arms, found)


def _taught(family: str, outcome: Outcome, data: RealData, workshop: Workshop) -> float | None:
    """Mean accuracy of a family's fresh learners under one teacher."""
    run = outcome.run
    if outcome.accuracies is None:
        return None
    count = run.arm.recipe.evaluation.learners

    def measure() -> float:
        return few_step_accuracy(run.teacher(), family, data, count).mean

    value = workshop.measured(f"{run.digest}-{family}", measure)
    workshop.progress.advance()
    return float(value)


def _tuned(family: str, recipe: Recipe, data: RealData, workshop: Workshop) -> dict[str, Any]:
    """Real data at the learning rate and momentum that suit a family best on validation images."""
    recipe = changed(recipe, learners=[family])

    def measure() -> dict[str, Any]:
        best = tune(recipe, data, learning_rates=LEARNING_RATES, momenta=MOMENTA, count=2)[0]
        optimizer = SGDSpecification(learning_rate=best.learning_rate, momentum=best.momentum)
        specification = recipe.teacher.model_copy(update={"inner_optimizer": optimizer})
        arm = RealDataArm.beside(specification, data.train, data.classes).to(data.train.images.device)
        found = few_step_accuracy(arm, family, data, recipe.evaluation.learners)
        return {"accuracies": found.accuracies, "learning_rate": best.learning_rate, "momentum": best.momentum}

    value: dict[str, Any] = workshop.measured(f"real-data-{family}", measure)
    workshop.progress.advance()
    return value


def _findings(arms: Sequence[StudyArm], found: dict[str, dict[str, Any]]) -> Findings:
    rows, means = [], {label: list[float]() for label in [arm.label for arm in arms] + [REAL_DATA]}
    for family, values in found.items():
        cells = []
        for arm in arms:
            known = [value for value in values[arm.label] if value is not None]
            means[arm.label].append(mean(known) if known else 0.0)
            met = " *" if family in _families(arm.recipe) else ""
            cells.append(percent_interval(known) + met if known else "diverged")
        real = values[REAL_DATA]
        means[REAL_DATA].append(mean(real["accuracies"]))
        settings = f"{real['learning_rate']:g} / {real['momentum']:g}"
        rows.append((family, *cells, f"{percent_interval(real['accuracies'])}, {settings}"))
    rows.append(("mean of the families", *(f"{100 * mean(values):.1f}" for values in means.values())))
    table = Table(
        title="Few-step test accuracy, % [95 % interval]: over seeds for teachers, over learners for real data, beside "
        "its learning rate / momentum. *: met in meta-training",
        columns=("family", *(arm.label for arm in arms), REAL_DATA),
        rows=tuple(rows),
    )
    sentences = [
        f"{label}: ahead of tuned real data on {_ahead(label, found)} of {len(found)} families, "
        f"mean of all {100 * mean(means[label]):.1f} % beside {100 * mean(means[REAL_DATA]):.1f} %."
        for label in (arm.label for arm in arms)
    ]
    return Findings((table,), (_chart(means, list(found)),), tuple(sentences), {"families": found})


def _ahead(label: str, found: dict[str, dict[str, Any]]) -> int:
    count = 0
    for values in found.values():
        known = [value for value in values[label] if value is not None]
        count += bool(known) and mean(known) > mean(values[REAL_DATA]["accuracies"])
    return count


def _chart(means: dict[str, list[float]], families: list[str]) -> GroupChart:
    groups = tuple(Group(name=label, values=tuple(100 * value for value in means[label])) for label in means)
    return GroupChart(
        kind="dots",
        name="families",
        label="few-step test accuracy, %",
        caption=f"Pale marks: a family each, of {len(families)}. Bar with a tick: their mean and its interval.",
        groups=groups,
    )


def _families(recipe: Recipe) -> list[str]:
    return [learner.family for learner in recipe.learners]


def _package(family: str) -> str:
    return "gtn-core" if family == "digits-convnet" else "gtn-learners"


def _parameters(family: str, data: RealData) -> int:
    learner = find_family(family)(data.image_shape, data.classes, torch.Generator().manual_seed(0))
    return sum(parameter.numel() for parameter in learner.parameters())
