"""What a teacher is worth to learners of other families: few-step test accuracy, beside tuned real data at equal steps.

    python packages/gtn-learners/benchmarks/bench_transfer.py [--teacher runs/mnist-small/teacher] [--count 10]

One JSON line a family. The teacher was meta-trained on the families in its card; nothing of it is adapted to others.
Real data gets the better deal: for each family its learning rate and momentum are the best of a sweep on validation
images, then measured on the same fresh learners and test images as the teacher.
"""

import argparse
import json

import torch

from gtn_core import Teacher, few_step_accuracy
from gtn_core.evaluation import RealDataArm
from gtn_core.recipes import load_recipe, tune, with_overrides
from gtn_core.teacher import SGDSpecification
from gtn_learners import FAMILIES

LEARNING_RATES = (0.02, 0.05, 0.1, 0.2, 0.4)
MOMENTA = (0.0, 0.5, 0.8, 0.9)
LARGE = ("mnist-paper", "cifar10-paper")  # minutes a learner on a CPU


def tuned_real_data(recipe, data, family, count):
    """Return real data's best learning rate and momentum for a family, and its accuracy with them."""
    recipe = with_overrides(recipe, [f"learners={family}"])
    best = tune(recipe, data, learning_rates=LEARNING_RATES, momenta=MOMENTA, count=2)[0]
    optimizer = SGDSpecification(learning_rate=best.learning_rate, momentum=best.momentum)
    specification = recipe.teacher.model_copy(update={"inner_optimizer": optimizer})
    arm = RealDataArm.beside(specification, data.train, data.classes)
    return best, few_step_accuracy(arm, family, data, count)


def compare(teacher, recipe, data, family, count):
    """Return the line of one family."""
    best, real = tuned_real_data(recipe, data, family, count)
    taught = few_step_accuracy(teacher, family, data, count)
    return {
        "family": family,
        "meta_trained_on": family in [learner.family for learner in teacher.card.learners],
        "teacher": taught.interval(),
        "real_data": {**real.interval(), "learning_rate": best.learning_rate, "momentum": best.momentum},
        "learners": count,
        "torch": torch.__version__,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--teacher", default="digits")
    parser.add_argument("--families", nargs="+", default=[name for name in FAMILIES if name not in LARGE])
    parser.add_argument("--count", type=int, default=10)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    teacher = Teacher.from_pretrained(options.teacher)
    recipe = load_recipe(teacher.card.recipe)
    data = recipe.data.load(recipe.data.source, normalization=teacher.normalization)
    for family in options.families:
        print(json.dumps(compare(teacher, recipe, data, family, options.count)), flush=True)


if __name__ == "__main__":
    main()
