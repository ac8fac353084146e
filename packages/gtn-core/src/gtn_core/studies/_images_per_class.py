"""How the distillation field counts: a few images a class, a network trained on them to convergence.

Images are taken from a teacher's sequence evenly, for each class; ConvNet-3 is trained on them from scratch by plain
SGD for as long as it takes, with shifts of up to a seventh of the side as augmentation. Random real images of the same
labels get the same.

Known weakness: a teacher's images are made for T steps in their order, not for this.
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from gtn_core.data import RealData
from gtn_core.errors import ConfigurationError
from gtn_core.families import find_family
from gtn_core.recipes import Recipe
from gtn_core.seeding import generator_for
from gtn_core.studies._arm import Outcome, StudyArm
from gtn_core.studies._comparison import percent_interval
from gtn_core.studies._result import Group, GroupChart, Table
from gtn_core.studies._statistics import difference
from gtn_core.studies._study import Findings, Study
from gtn_core.studies._workshop import Workshop
from gtn_core.typing import Batch

IMAGES_PER_CLASS = (1, 10, 50)
FAMILY = "convnet-3"
STEPS, BATCH = 400, 100
LEARNING_RATE, MOMENTUM, WEIGHT_DECAY = 0.01, 0.9, 5e-4
"""As the distillation benchmarks train ConvNet-3; the learning rate falls to nothing on a cosine."""
CHUNK = 1000
SOURCES = ("teacher", "random real images")


class ImagesPerClassStudy(Study):
    """1, 10 and 50 images a class of a teacher, beside as many random real ones."""

    name = "images-per-class"
    question = "What are a teacher's images worth to a network that is trained on a few of them to convergence?"
    paper = "not in the paper; how dataset distillation is measured"

    def arms(self, recipe: Recipe) -> list[StudyArm]:
        """Return the teacher alone: real images need no meta-training."""
        return [StudyArm("teacher", "teacher", recipe)]

    def conduct(self, arms: Sequence[StudyArm], workshop: Workshop) -> Findings:
        """Do what is not done yet, and say what came out."""
        (outcomes,) = workshop.train(arms)
        recipe = arms[0].recipe
        data = recipe.data.load(workshop.data or recipe.data.source, workshop.device)
        counts = [count for count in IMAGES_PER_CLASS if count * data.classes <= _available(recipe)]
        workshop.progress.start("to convergence", len(SOURCES) * len(counts) * workshop.seeds)
        found = {
            (source, count): [_accuracy(source, count, outcome, data, workshop) for outcome in outcomes]
            for count in counts
            for source in SOURCES
        }
        return _findings(found, counts)


def _available(recipe: Recipe) -> int:
    return recipe.teacher.steps * recipe.teacher.batch


def _accuracy(source: str, count: int, outcome: Outcome, data: RealData, workshop: Workshop) -> float:
    run = outcome.run

    def measure() -> float:
        generator = generator_for(run.seed, "images per class", source, count)
        if source == "teacher":
            batches = run.teacher().batches(run.seed)
            images, labels = (torch.cat(parts) for parts in zip(*batches, strict=True))
            chosen = _evenly(labels if labels.ndim == 1 else labels.argmax(1), count, data.classes)
        else:
            images, labels = data.train.images, data.train.labels
            chosen = _at_random(labels, count, data.classes, generator)
        return _trained(Batch(images[chosen], labels[chosen]), data, run.seed, generator)

    value = workshop.measured(f"{run.digest}-{source.replace(' ', '-')}-{count}", measure)
    workshop.progress.advance(accuracy=value)
    return float(value)


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


def _trained(examples: Batch, data: RealData, seed: int, generator: Generator) -> float:
    """Test accuracy of one ConvNet-3 after plain training on these examples."""
    network = find_family(FAMILY, "gtn-learners")(data.image_shape, data.classes, generator_for(seed, "network"))
    network.to(examples.images.device).train()
    optimizer = torch.optim.SGD(
        network.parameters(), LEARNING_RATE, momentum=MOMENTUM, weight_decay=WEIGHT_DECAY, nesterov=True
    )
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, STEPS)
    for _ in range(STEPS):
        drawn = torch.randperm(len(examples.labels), generator=generator)[:BATCH]
        images = _shifted(examples.images[drawn], generator)
        loss = F.cross_entropy(network(images), examples.labels[drawn])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    return _test_accuracy(network, data)


def _shifted(images: Tensor, generator: Generator) -> Tensor:
    """Every image moved by up to a seventh of the side; what comes in repeats the edge."""
    most = images.shape[-1] // 7
    padded = F.pad(images, (most,) * 4, mode="replicate")
    height, width = images.shape[-2:]
    offsets = torch.randint(2 * most + 1, (len(images), 2), generator=generator).tolist()
    return torch.stack(
        [
            image[:, down : down + height, right : right + width]
            for image, (down, right) in zip(padded, offsets, strict=True)
        ]
    )


@torch.no_grad()
def _test_accuracy(network: nn.Module, data: RealData) -> float:
    network.eval()
    parts = zip(data.test.images.split(CHUNK), data.test.labels.split(CHUNK), strict=True)
    correct = sum(int((network(images).argmax(1) == labels).sum()) for images, labels in parts)
    return correct / len(data.test)


def _findings(found: dict[tuple[str, int], list[float]], counts: Sequence[int]) -> Findings:
    rows = tuple(
        (f"{count} a class", *(percent_interval(found[source, count]) for source in SOURCES)) for count in counts
    )
    table = Table(
        title=f"Test accuracy of ConvNet-3 trained to convergence, % [95 % interval over seeds], {STEPS} steps",
        columns=("images", *SOURCES),
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
    sentences = []
    for count in counts:
        apart = difference(found[SOURCES[0], count], found[SOURCES[1], count])
        verdict = "a difference" if apart.real else "no difference that shows"
        sentences.append(f"{count} a class: teacher over random real images {100 * apart.mean:+.1f} points, {verdict}.")
    raw = [
        {"source": source, "images_per_class": count, "accuracies": values} for (source, count), values in found.items()
    ]
    return Findings((table,), (chart,), tuple(sentences), {"trained": raw})
