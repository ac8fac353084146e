"""What GTN evaluation costs beside a hand-written loop: T steps of torch.optim.SGD, one pass over validation images.

    python packages/gtn-nas/benchmarks/bench_evaluation.py [--channels 8] [--cells 1] [--steps 32] [--rounds 3]

One JSON line. Teacher and data are made up, of CIFAR-10's form: cost does not depend on what they have learned. Both
build the same network, meet the same rendered batches and judge the same images; rounds of the two alternate, and the
figure is the median of the rounds' ratios. Then how long ranking 150 such genotypes would take.
"""

import argparse
import json
from statistics import median
from time import perf_counter, process_time

import torch
import torch.nn.functional as F

from gtn_core import RealData, Teacher
from gtn_core.data import Normalization, Split
from gtn_core.inner_optimizers import schedules_of
from gtn_core.seeding import derive_seed
from gtn_core.teacher import TeacherSpecification
from gtn_nas import GTNEvaluation, NB201Space

CELL = "|nor_conv_3x3~0|+|nor_conv_1x1~0|skip_connect~1|+|avg_pool_3x3~0|none~1|nor_conv_3x3~2|"


def made_up_data(images):
    def split(count):
        return Split(torch.randn(count, 3, 32, 32), torch.arange(count) % 10)

    names = tuple(["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"])
    return RealData(split(100), split(images), split(10), Normalization((0.0,) * 3, (1.0,) * 3), names, "made up")


def hand_written(space, genotype, batches, rates, momenta, validation):
    """Return accuracy and loss of what anyone would write."""
    network = space.build(genotype, (3, 32, 32), 10, seed=derive_seed(0, "initial values", 0))
    for layer in network.modules():
        if isinstance(layer, torch.nn.BatchNorm2d):
            layer.momentum = 1.0
    optimizer = torch.optim.SGD(network.parameters(), lr=1.0)
    network.train()
    for (images, labels), rate, momentum in zip(batches, rates, momenta, strict=True):
        optimizer.param_groups[0].update(lr=rate, momentum=momentum)
        optimizer.zero_grad()
        F.cross_entropy(network(images), labels).backward()
        optimizer.step()
    network.eval()
    with torch.no_grad():
        logits = network(validation.images)
    accuracy = (logits.argmax(1) == validation.labels).float().mean().item()
    return accuracy, F.cross_entropy(logits, validation.labels).item()


CLOCKS = {"wall": perf_counter, "cpu": process_time}  # of the processor's time, where others use the machine too


def timed(clock, function):
    start = CLOCKS[clock]()
    result = function()
    return CLOCKS[clock]() - start, result


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--channels", type=int, default=8)
    parser.add_argument("--cells", type=int, default=1)
    parser.add_argument("--steps", type=int, default=32)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--images", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--clock", choices=CLOCKS, default="wall")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    data = made_up_data(options.images)
    teacher = Teacher(
        TeacherSpecification(steps=options.steps, batch=options.batch),
        image_shape=data.image_shape,
        class_names=data.class_names,
        normalization=data.normalization,
    )
    space = NB201Space(channels=options.channels, cells=options.cells)
    genotype = space.parse(CELL)
    rendering, evaluate = timed(
        options.clock, lambda: GTNEvaluation(teacher, data, space, seeds=1, images=options.images)
    )
    schedules, batches = schedules_of(teacher.inner_optimizer), teacher.batches()
    arguments = (batches, schedules["learning_rate"], schedules["momentum"], evaluate.judged)
    ours, plain, ratios = [], [], []
    for _ in range(options.rounds):
        seconds, score = timed(options.clock, lambda: evaluate(genotype))
        ours.append(seconds)
        seconds, (_, loss) = timed(options.clock, lambda: hand_written(space, genotype, *arguments))
        plain.append(seconds)
        ratios.append(ours[-1] / plain[-1])
    line = {
        "seconds": round(median(ours), 3),
        "hand_written_seconds": round(median(plain), 3),
        "ratio": round(median(ratios), 3),
        "rendering_seconds": round(rendering, 3),
        "relative_difference_of_losses": abs(score.losses[0] - loss) / loss,
        "minutes_for_150_genotypes_and_3_seeds": round(150 * 3 * median(ours) / 60, 1),
        **vars(options),
        "torch": torch.__version__,
    }
    print(json.dumps(line))


if __name__ == "__main__":
    main()
