"""How much shorter GTN evaluation is than training: seconds of one core for a genotype, by each way of judging it.

    python packages/gtn-nas/benchmarks/bench_shortcut.py [--space nb201] [--channels 4] [--genotypes 3]

One JSON line. GTN evaluation and the same steps of real data are timed as they are, mean over the genotypes. Epochs
are not run: a step is timed, as the difference between a longer and a shorter part of one, and multiplied; three epochs
at the same small size, and 100 at the published size, with that recipe's batch. Data are made up, of CIFAR-10's form
and size; the time is the processor's, so others on the machine disturb it little.
"""

import argparse
import json
from statistics import fmean
from time import process_time

import torch
import torch.nn.functional as F

from gtn_core import RealData, Teacher
from gtn_core.data import Normalization, Split
from gtn_core.teacher import TeacherSpecification
from gtn_nas import GTNEvaluation, RealDataEvaluation
from gtn_nas.spaces import SPACES, find_space
from gtn_nas.training import recipes_of

SHAPE, CLASSES = (3, 32, 32), 10
TRAINING_IMAGES, JUDGED = 45_000, 1000
EPOCHS, FULL_EPOCHS = 3, 100
SHORT, LONG = 4, 12
"""Steps of the parts of an epoch."""


def made_up_data():
    def split(count):
        return Split(torch.randn(count, *SHAPE), torch.arange(count) % CLASSES)

    names = tuple(map(str, range(CLASSES)))
    return RealData(split(1024), split(JUDGED), split(CLASSES), Normalization((0.0,) * 3, (1.0,) * 3), names, "made up")


def seconds_of(function, *arguments):
    start = process_time()
    function(*arguments)
    return process_time() - start


def published_step(space, recipe, genotype):
    """Return the seconds of a step at the published size, the second of two."""
    network = space.published().build(genotype, SHAPE, CLASSES).train()
    images, labels = torch.randn(recipe.batch_size, *SHAPE), torch.arange(recipe.batch_size) % CLASSES
    optimizer = torch.optim.SGD(network.parameters(), recipe.learning_rate, momentum=recipe.momentum)

    def step():
        optimizer.zero_grad()
        F.cross_entropy(network(images), labels).backward()
        optimizer.step()

    step()
    return seconds_of(step)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--space", default="nb201", choices=SPACES)
    parser.add_argument("--channels", type=int, default=8, help="or filters")
    parser.add_argument("--steps", type=int, default=32)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--genotypes", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    data = made_up_data()
    teacher = Teacher(
        TeacherSpecification(steps=options.steps, batch=options.batch),
        image_shape=data.image_shape,
        class_names=data.class_names,
        normalization=data.normalization,
    )
    space = find_space(options.space)(options.channels, 1)
    recipe = recipes_of(options.space).load("search")
    usual = {"seeds": 1, "batch_size": options.batch, "images": JUDGED}
    ways = {
        "gtn": GTNEvaluation(teacher, data, space, seeds=1, images=JUDGED),
        "real_same_steps": RealDataEvaluation(data, space, steps=options.steps, **usual),
        "short": RealDataEvaluation(data, space, epochs=1, subset=SHORT * options.batch, **usual),
        "long": RealDataEvaluation(data, space, epochs=1, subset=LONG * options.batch, **usual),
    }
    genotypes = [space.sample(seed) for seed in range(options.genotypes)]
    found = {name: [] for name in (*ways, "published_step")}
    ways["gtn"](genotypes[0])  # the first of a process is slower
    for genotype in genotypes:
        for name, evaluate in ways.items():
            found[name].append(seconds_of(evaluate, genotype))
        found["published_step"].append(published_step(space, recipe, genotype))
    seconds = {name: fmean(values) for name, values in found.items()}
    step = (seconds["long"] - seconds["short"]) / (LONG - SHORT)
    judging = seconds["short"] - SHORT * step
    epochs = EPOCHS * (TRAINING_IMAGES // options.batch) * step + judging
    full = FULL_EPOCHS * (TRAINING_IMAGES // recipe.batch_size) * seconds["published_step"]
    line = {
        "benchmark": "shortcut",
        "gtn_seconds": round(seconds["gtn"], 2),
        "real_same_steps_seconds": round(seconds["real_same_steps"], 2),
        "three_epochs_seconds": round(epochs, 1),
        "hundred_epochs_of_published_size_seconds": round(full),
        "times_shorter_than_three_epochs": round(epochs / seconds["gtn"]),
        "times_shorter_than_hundred_of_published_size": round(full / seconds["gtn"]),
        **vars(options),
        "torch": torch.__version__,
    }
    print(json.dumps(line))


if __name__ == "__main__":
    main()
