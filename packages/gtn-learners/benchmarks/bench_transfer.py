"""What teachers are worth to families of learners: few-step test accuracy, beside tuned real data at equal steps.

    python packages/gtn-learners/benchmarks/bench_transfer.py [--teachers DIR ...] [--count 10] | tee lines.jsonl
    python packages/gtn-learners/benchmarks/bench_transfer.py --table lines.jsonl

Teachers that differ only in their seed are a group: `--teachers a0/teacher,a1/teacher b0/teacher,b1/teacher` has two of
them. One JSON line a family, with the mean over all fresh learners and seeds of a group and a 95 % interval,
bootstrapped over seeds where there are several, else over learners. A teacher was meta-trained on the families in its
card; nothing of it is adapted to others.

Real data gets the better deal: for each family its learning rate and momentum are the best of a sweep on validation
images, then measured on the same fresh learners and test images as the teachers.
"""

import argparse
import json
from pathlib import Path
from statistics import mean

import torch

from gtn_core import Teacher, few_step_accuracy
from gtn_core.evaluation import FewStepAccuracy, RealDataArm
from gtn_core.recipes import load_recipe, tune, with_overrides
from gtn_core.teacher import SGDSpecification
from gtn_learners import FAMILIES

LEARNING_RATES = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.4)
MOMENTA = (0.0, 0.5, 0.8, 0.9)
LARGE = ("mnist-paper", "cifar10-paper")  # minutes a learner on a CPU


def tuned_real_data(recipe, data, family, options):
    """Return real data's best learning rate and momentum for a family, and its accuracy with them."""
    recipe = with_overrides(recipe, [f"learners={family}"])
    best = tune(recipe, data, learning_rates=options.learning_rates, momenta=options.momenta, count=2)[0]
    optimizer = SGDSpecification(learning_rate=best.learning_rate, momentum=best.momentum)
    specification = recipe.teacher.model_copy(update={"inner_optimizer": optimizer})
    arm = RealDataArm.beside(specification, data.train, data.classes)
    found = few_step_accuracy(arm, family, data, options.count)
    return {**found.interval(), "learning_rate": best.learning_rate, "momentum": best.momentum}


def accuracy_of_group(teachers, family, data, count):
    """Return mean and interval over the seeds of a group, or over the learners of its only teacher."""
    found = [few_step_accuracy(teacher, family, data, count) for teacher in teachers]
    whole = found[0] if len(found) == 1 else FewStepAccuracy.of([one.mean for one in found])
    return {**whole.interval(), "seeds": len(found)}


def compare(groups, recipe, data, family, options):
    """Return the line of one family."""
    return {
        "family": family,
        "real_data": tuned_real_data(recipe, data, family, options),
        "teachers": [
            {
                "meta_trained_on": [learner.family for learner in teachers[0].card.learners],
                **accuracy_of_group(teachers, family, data, options.count),
            }
            for teachers in groups
        ],
        "learners": options.count,
        "torch": torch.__version__,
    }


def print_table(path):
    """Print the lines of a run as a table in Markdown; a star marks families that a group was meta-trained on."""
    lines = [json.loads(text) for text in Path(path).read_text().splitlines()]
    names = [", ".join(group["meta_trained_on"]) for group in lines[0]["teachers"]]
    print("| family | " + " | ".join(f"teacher of {name}" for name in names) + " | real data, tuned for the family |")
    print("|---" * (len(names) + 2) + "|")
    for line in lines:
        cells = [
            interval(group) + (" *" if line["family"] in group["meta_trained_on"] else "") for group in line["teachers"]
        ]
        real = line["real_data"]
        cells.append(f"{interval(real)}, {real['learning_rate']:g} / {real['momentum']:g}")
        print(f"| {line['family']} | " + " | ".join(cells) + " |")
    means = [mean(line["teachers"][place]["mean"] for line in lines) for place in range(len(names))]
    means.append(mean(line["real_data"]["mean"] for line in lines))
    print("| mean of the families | " + " | ".join(f"{100 * value:.1f}" for value in means) + " |")


def interval(found):
    return f"{100 * found['mean']:.1f} [{100 * found['low']:.1f}, {100 * found['high']:.1f}]"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--teachers", nargs="+", default=["digits"], help="folders or names; commas within a group")
    parser.add_argument("--families", nargs="+", default=[name for name in FAMILIES if name not in LARGE])
    parser.add_argument("--count", type=int, default=10)
    parser.add_argument("--learning-rates", type=float, nargs="+", default=LEARNING_RATES)
    parser.add_argument("--momenta", type=float, nargs="+", default=MOMENTA)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--table", metavar="FILE", help="instead: a table of the lines in this file")
    options = parser.parse_args()
    if options.table:
        print_table(options.table)
        return
    torch.set_num_threads(options.threads)
    groups = [[Teacher.from_pretrained(name) for name in group.split(",")] for group in options.teachers]
    first = groups[0][0]
    recipe = load_recipe(first.card.recipe)
    data = recipe.data.load(recipe.data.source, normalization=first.normalization)
    for family in options.families:
        print(json.dumps(compare(groups, recipe, data, family, options)), flush=True)


if __name__ == "__main__":
    main()
