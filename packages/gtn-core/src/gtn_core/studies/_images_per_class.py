"""How the distillation field counts: a few images a class, a network trained on them to convergence.

The images are taken evenly from the sequence of the recipe's teacher, or are all that a teacher of that size has whose
images are parameters and start at real images: *distilled*, when they are then meta-trained, met again and again in an
order of every learner's own; *matched*, when distribution matching has moved them and nothing was unrolled, as
`warm_start.matching` of the recipe says where it does. Random real images of the same labels are the row to beat.

Known weakness: the recipe's teacher makes images for T steps in their order, not for this.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Generator, Tensor

from gtn_core.data import RealData
from gtn_core.errors import ConfigurationError
from gtn_core.recipes import Recipe
from gtn_core.seeding import generator_for
from gtn_core.studies._arm import ArmRun, StudyArm
from gtn_core.studies._comparison import percent_interval
from gtn_core.studies._result import Group, GroupChart, Table
from gtn_core.studies._statistics import difference
from gtn_core.studies._study import Findings, Study
from gtn_core.studies._to_convergence import STEPS, trained_to_convergence
from gtn_core.studies._variants import PIXEL_STEPS, changed
from gtn_core.studies._workshop import Workshop
from gtn_core.typing import Batch

IMAGES_PER_CLASS = (1, 10, 50)
DISTILLED_STEPS = 20
"""In which a learner meets a distilled teacher's images again and again."""
LARGEST_SHARE = 5
"""Of a class in one distilled batch, in images."""
MATCHING = {"steps": 800, "learning_rate": 0.6, "learner": {"family": "convnet-3-small", "package": "gtn-learners"}}
"""Where the recipe has no `warm_start.matching` of its own; about three minutes of one core at 28x28. On validation
images a step of 0.4 did as well, with networks half as wide again."""
LARGEST_MATCHED = 6.0
"""Room for what matching does to pixels; white is 2.8 on MNIST."""
TEACHER, DISTILLED, MATCHED, REAL = "teacher", "distilled", "matched", "random real images"

Found = dict[tuple[str, int], list[float]]
"""Accuracies over seeds by source and images a class."""


class ImagesPerClassStudy(Study):
    """1, 10 and 50 images a class of a teacher, and of teachers that have just these, beside random real ones."""

    name = "images-per-class"
    question = "What are a teacher's images worth to a network that is trained on a few of them to convergence?"
    paper = "not in the paper; how dataset distillation is measured"

    def arms(self, recipe: Recipe) -> list[StudyArm]:
        """Return the teacher and those of few images, not of their size yet; real images need no meta-training."""
        start = recipe.warm_start
        kinds = (DISTILLED, MATCHED) if start and start.steps else ()
        teacher = recipe
        if start and start.matching and recipe.teacher.generator.kind != "pixels":  # it is for the matched arms alone
            teacher = changed(recipe, warm_start={"matching": None})
        few = [
            StudyArm(f"{kind}-{count}", f"{kind} to {count} a class", recipe)
            for kind in kinds
            for count in IMAGES_PER_CLASS
        ]
        return [StudyArm(TEACHER, TEACHER, teacher), *few]

    def conduct(self, arms: Sequence[StudyArm], workshop: Workshop) -> Findings:
        """Do what is not done yet, and say what came out."""
        recipe = arms[0].recipe
        data = recipe.data.load(workshop.data or recipe.data.source, workshop.device)
        sized = [_sized(arm, data.classes) for arm in arms]
        runs = {
            arm.name: [outcome.run for outcome in outcomes]
            for arm, outcomes in zip(sized, workshop.train(sized), strict=True)
        }
        wanted = _wanted(runs, recipe, data.classes)
        workshop.progress.start("to convergence", len(wanted) * workshop.seeds)
        found = {
            (source, count): [_accuracy(source, count, run, data, workshop) for run in chosen]
            for (source, count), chosen in wanted.items()
        }
        return _findings(found, _matching(sized))


def _matching(arms: Sequence[StudyArm]) -> dict[str, Any] | None:
    """Return how matched arms are matched; null where there are none."""
    for arm in arms:
        if arm.name.startswith(MATCHED) and arm.recipe.warm_start and arm.recipe.warm_start.matching:
            return arm.recipe.warm_start.matching.model_dump(mode="json")
    return None


def _sized(arm: StudyArm, classes: int) -> StudyArm:
    """Give an arm of few images as many of each class as its name says."""
    if arm.name == TEACHER:
        return arm
    kind, count = arm.name.split("-")[0], int(arm.name.split("-")[1])
    kept = -(-count // LARGEST_SHARE)
    teacher = {
        "steps": DISTILLED_STEPS,
        "passes": DISTILLED_STEPS // kept,
        "batch": count * classes // kept,
        "curriculum": "all_shuffled",
        "generator": {"kind": "pixels"},
    }
    if kind == MATCHED:
        teacher["generator"] = {"kind": "pixels", "largest": LARGEST_MATCHED}
        start = arm.recipe.warm_start
        assert start is not None  # else there are no such arms
        matching = start.matching.model_dump(mode="json") if start.matching else MATCHING
        return replace(
            arm, recipe=changed(arm.recipe, teacher=teacher, warm_start={"matching": matching}), source="warm_start"
        )
    outer = {"learning_rate": PIXEL_STEPS * arm.recipe.outer.learning_rate}
    return replace(arm, recipe=changed(arm.recipe, teacher=teacher, outer=outer, warm_start={"matching": None}))


def _wanted(runs: dict[str, list[ArmRun]], recipe: Recipe, classes: int) -> dict[tuple[str, int], list[ArmRun]]:
    """Choose for every source and count the runs it is measured with; of real images, those that give the seeds."""
    wanted = dict[tuple[str, int], list[ArmRun]]()
    for count in IMAGES_PER_CLASS:
        if TEACHER in runs and count * classes <= recipe.teacher.steps * recipe.teacher.batch:
            wanted[TEACHER, count] = runs[TEACHER]
        for kind in (DISTILLED, MATCHED):
            if f"{kind}-{count}" in runs:
                wanted[kind, count] = runs[f"{kind}-{count}"]
        if any(counted == count for _, counted in wanted):
            wanted[REAL, count] = next(iter(runs.values()))
    return wanted


def _accuracy(source: str, count: int, run: ArmRun, data: RealData, workshop: Workshop) -> float:
    def measure() -> float:
        generator = generator_for(run.seed, "images per class", source, count)
        if source == REAL:
            images, labels = data.train.images, data.train.labels
            chosen = _at_random(labels, count, data.classes, generator)
        else:
            images, labels = _shown(run)
            chosen = _evenly(labels, count, data.classes)
        return trained_to_convergence(Batch(images[chosen], labels[chosen]), data, run.seed, generator)

    value = workshop.measured(f"{run.digest}-{source.replace(' ', '-')}-{count}-converged", measure)
    workshop.progress.advance(accuracy=value)
    return float(value)


def _shown(run: ArmRun) -> tuple[Tensor, Tensor]:
    """Return the images and classes that a teacher shows in its first pass, which has them all."""
    teacher = run.teacher()
    batches = teacher.batches(run.seed)[: teacher.steps // teacher.specification.passes]
    images, labels = (torch.cat(parts) for parts in zip(*batches, strict=True))
    return images, labels if labels.ndim == 1 else labels.argmax(1)


def _evenly(labels: Tensor, count: int, classes: int) -> Tensor:
    """Places of `count` images of each class, spread over the sequence, its end included."""
    chosen = []
    for label in range(classes):
        places = (labels == label).nonzero().flatten()
        if len(places) < count:
            raise ConfigurationError(f"the teacher shows {len(places)} images of class {label}, fewer than {count}")
        chosen.append(places[torch.linspace(0, len(places) - 1, count + 1)[1:].round().long()])
    return torch.cat(chosen)


def _at_random(labels: Tensor, count: int, classes: int, generator: Generator) -> Tensor:
    found = [(labels.cpu() == label).nonzero().flatten() for label in range(classes)]
    return torch.cat([places[torch.randperm(len(places), generator=generator)[:count]] for places in found])


def _findings(found: Found, matching: dict[str, Any] | None) -> Findings:
    counts = sorted({count for _, count in found})
    sources = [source for source in (TEACHER, DISTILLED, MATCHED, REAL) if any(source == other for other, _ in found)]
    rows = tuple(
        (f"{count} a class", *(_shown_interval(found.get((source, count))) for source in sources)) for count in counts
    )
    table = Table(
        title=f"Test accuracy of ConvNet-3 trained to convergence, % [95 % interval over seeds], {STEPS} steps",
        columns=("images", *sources),
        rows=rows,
    )
    groups = tuple(
        Group(name=f"{source}, {count} a class", values=tuple(100 * value for value in values))
        for (source, count), values in found.items()
    )
    chart = GroupChart(
        kind="dots",
        name="images-per-class",
        label="test accuracy, %",
        caption="Pale marks: a seed each. Bar with a tick: their mean and its interval.",
        groups=groups,
    )
    raw = [
        {"source": source, "images_per_class": count, "accuracies": values} for (source, count), values in found.items()
    ]
    return Findings((table,), (chart,), tuple(_sentences(found)), {"trained": raw, "matching": matching})


def _shown_interval(values: list[float] | None) -> str:
    return percent_interval(values) if values else "–"


def _sentences(found: Found) -> list[str]:
    sentences = []
    for (source, count), values in found.items():
        if source != REAL:
            apart = difference(values, found[REAL, count])
            sentences.append(
                f"{count} a class: {source} over random real images {100 * apart.mean:+.1f} points, {apart.verdict}."
            )
    return sentences
