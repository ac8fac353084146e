"""Does the teacher's objective keep a GAN from collapsing? (paper, appendix I)."""

from collections.abc import Sequence
from math import log
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gtn_core.data import RealData
from gtn_core.evaluation import bootstrap_interval, few_step_accuracy
from gtn_core.families import draw_learner
from gtn_core.recipes import Recipe
from gtn_core.seeding import derive_seed, generator_for
from gtn_core.studies._arm import StudyArm
from gtn_core.studies._comparison import percent_interval
from gtn_core.studies._gan import AdversarialTraining
from gtn_core.studies._result import Group, GroupChart, ImageChart, Table
from gtn_core.studies._statistics import difference
from gtn_core.studies._study import Findings, Study
from gtn_core.studies._variants import changed
from gtn_core.studies._workshop import Workshop
from gtn_core.teacher import Teacher

SAMPLES = 1000
COVERED_SHARE = 0.01
"""A class is covered if at least this share of the samples is taken for it."""
SHOWN = 20
"""Images of the first seed that are shown of each arm."""
CLASSIFIER_STEPS, CLASSIFIER_BATCH, CLASSIFIER_LEARNING_RATE = 600, 128, 2e-3


class ModeCollapseStudy(Study):
    """A GAN alone and a GAN whose images must teach too, with the same number of steps of the generator."""

    name = "mode-collapse"
    question = "Does a generator that must also teach still make all classes, where a GAN alone makes few?"
    paper = "appendix I, qualitative there"

    def arms(self, recipe: Recipe) -> list[StudyArm]:
        """Return the arms; both start from the same generator, without a curriculum and without a warm start."""
        fresh = changed(recipe, teacher={"curriculum": "none"}, warm_start=None)
        return [StudyArm("gan", "GAN alone", fresh), StudyArm("gan-gtn", "GAN that teaches", fresh)]

    def conduct(self, arms: Sequence[StudyArm], workshop: Workshop) -> Findings:
        """Do what is not done yet, and say what came out."""
        recipe = arms[0].recipe
        data = recipe.data.load(workshop.data or recipe.data.source, workshop.device)
        classifier = _Classifier(recipe, data)
        found = {
            arm.label: [_trained(arm, seed, data, classifier, workshop) for seed in range(workshop.seeds)]
            for arm in arms
        }
        return _findings(found, data.classes)


class _Classifier:
    """A network of the recipe's families, trained on real data, that says what an image is to be taken for."""

    def __init__(self, recipe: Recipe, data: RealData) -> None:
        families = [learner.resolve() for learner in recipe.learners]
        generator = generator_for(0, "classifier")
        self._network: nn.Module = draw_learner(families, data.image_shape, data.classes, generator)
        self._network.to(data.train.images.device).train()
        optimizer = torch.optim.Adam(self._network.parameters(), CLASSIFIER_LEARNING_RATE)
        for _ in range(CLASSIFIER_STEPS):
            images, labels = data.train.batch(min(CLASSIFIER_BATCH, len(data.train)), generator)
            optimizer.zero_grad()
            F.cross_entropy(self._network(images), labels).backward()
            optimizer.step()
        self._network.eval()
        self.test_accuracy = float((self(data.test.images) == data.test.labels).double().mean())

    @torch.no_grad()
    def __call__(self, images: Tensor) -> Tensor:
        return torch.cat([self._network(some).argmax(1) for some in images.split(SAMPLES)])


def _trained(arm: StudyArm, seed: int, data: RealData, classifier: _Classifier, workshop: Workshop) -> dict[str, Any]:
    """Train one arm with one seed and measure its images."""
    recipe = arm.recipe
    workshop.progress.start(f"{arm.label}, seed {seed}", recipe.outer.steps)

    def measure() -> dict[str, Any]:
        teacher = Teacher(
            recipe.teacher,
            image_shape=data.image_shape,
            class_names=data.class_names,
            normalization=data.normalization,
            seed=seed,
        ).to(workshop.device)
        families = [learner.resolve() for learner in recipe.learners]
        training = AdversarialTraining(teacher, data, families, recipe.outer, arm.name == "gan-gtn", seed)
        training.run(workshop.progress.advance)
        return _measured(teacher, recipe, data, classifier, seed)

    address = workshop.run_of(arm, seed).digest
    value: dict[str, Any] = workshop.measured(f"{address}-{arm.name}", measure)
    return value


@torch.no_grad()
def _measured(teacher: Teacher, recipe: Recipe, data: RealData, classifier: _Classifier, seed: int) -> dict[str, Any]:
    count = -(-SAMPLES // recipe.teacher.batch)
    batches = [teacher.batch(0, derive_seed(seed, "sample", index)) for index in range(count)]
    images = torch.cat([batch.images for batch in batches])[:SAMPLES]
    wanted = torch.cat([batch.labels for batch in batches])[:SAMPLES]
    taken_for = classifier(images)
    shares = torch.bincount(taken_for, minlength=data.classes).double() / len(images)
    families = [learner.resolve() for learner in recipe.learners]
    shown = data.normalization.denormalize(images[:SHOWN]).clamp(0, 1)
    return {
        "shares": shares.tolist(),
        "as_told": float((taken_for == wanted).double().mean()),
        "few_step_accuracy": few_step_accuracy(teacher, families, data, recipe.evaluation.learners).mean,
        "classifier_test_accuracy": classifier.test_accuracy,
        "images": (255 * shown).round().int().tolist(),
    }


def _coverage(result: dict[str, Any]) -> int:
    return sum(share >= COVERED_SHARE for share in result["shares"])


def _entropy(result: dict[str, Any]) -> float:
    """In bits."""
    shares: list[float] = result["shares"]
    return -sum(share * log(share, 2) for share in shares if share > 0)


def _findings(found: dict[str, list[dict[str, Any]]], classes: int) -> Findings:
    rows = []
    for label, results in found.items():
        entropy = bootstrap_interval([_entropy(result) for result in results])
        covered = bootstrap_interval([float(_coverage(result)) for result in results])
        rows.append(
            (
                label,
                f"{covered.mean:.1f} [{covered.low:.1f}, {covered.high:.1f}]",
                f"{entropy.mean:.2f} [{entropy.low:.2f}, {entropy.high:.2f}]",
                percent_interval([result["as_told"] for result in results]),
                percent_interval([result["few_step_accuracy"] for result in results]),
            )
        )
    accuracy = next(iter(found.values()))[0]["classifier_test_accuracy"]
    table = Table(
        title=f"What {SAMPLES} images are taken for by a classifier of {100 * accuracy:.1f} % test accuracy "
        f"[95 % interval over seeds]; at most {classes} classes and {log(classes, 2):.2f} bits",
        columns=("arm", "classes covered", "entropy, bits", "taken for the class told, %", "few-step accuracy, %"),
        rows=tuple(rows),
    )
    chart = GroupChart(
        kind="dots",
        name="entropy",
        label="entropy of the classes of generated images, bits",
        caption="Pale marks: a seed each. Bar with a tick: their mean and its interval.",
        groups=tuple(Group(name=label, values=tuple(map(_entropy, results))) for label, results in found.items()),
    )
    images = ImageChart(
        name="images",
        caption=f"The first {SHOWN} images of the first seed, a row each arm.",
        rows={label: results[0]["images"] for label, results in found.items()},
    )
    sentences = list[str]()
    if len(found) == 2:
        (one, first), (other, second) = found.items()
        apart = difference([_entropy(result) for result in second], [_entropy(result) for result in first])
        sentences.append(f"{other} over {one}: {apart.mean:+.2f} bits of class entropy, {apart.verdict}.")
    return Findings((table,), (chart, images), tuple(sentences), {"arms": _without_images(found)})


def _without_images(found: dict[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    return {
        label: [{key: value for key, value in result.items() if key != "images"} for result in results]
        for label, results in found.items()
    }
