"""Truth for a sample of genotypes, where no benchmark publishes any: every one is trained here on real data.

    python packages/gtn-nas/benchmarks/truth_by_training.py --space nao --count 40 --data fashion_mnist --out TRUTH.csv
    python packages/gtn-nas/benchmarks/table_of_proxies.py TRUTH.csv --truth-column test_accuracy --space nao \
        --params-column params --size filters=8 --size cells=1 --teacher TEACHER --out DIR --arm gtn --arm real-as-gtn \
        --arm column:params --arm column:flops --arm synflow --arm naswot --arm jacob_cov --arm grad_norm

Draws genotypes with seeds 0, 1, ..., trains a network of each, in the variant that papers train, for a few epochs of a
subset, and judges it on test images. A row of TRUTH.csv for each before the next is begun; goes on where it was
stopped. Ends with the variance between genotypes beside that of judging on so few images: where the second is not much
smaller, the truth is noise. (So it is on the digits: four epochs bring every genotype to 96 %.)
"""

import argparse
import csv
from dataclasses import replace
from pathlib import Path
from statistics import fmean, pvariance
from time import process_time

import torch
from rich.progress import track

from gtn_core import RealData
from gtn_learners import count_flops, count_parameters
from gtn_nas import RealDataEvaluation
from gtn_nas.spaces import SPACES, find_space

COLUMNS = ("genotype", "test_accuracy", "test_loss", "params", "flops", "processor_seconds")


def evaluation_of(options):
    data = RealData.load(options.data)
    return RealDataEvaluation(
        replace(data, validation=data.test),  # nothing is chosen by these images
        find_space(options.space)(options.channels, options.cells, "standard"),
        epochs=options.epochs,
        subset=options.subset,
        batch_size=options.batch,
        learning_rate=options.learning_rate,
        seeds=options.seeds,
        images=options.images,
    )


def row_of(genotype, evaluate):
    start = process_time()
    score = evaluate(genotype)
    seconds = process_time() - start
    network = evaluate.space.build(genotype, evaluate.image_shape, evaluate.classes)
    counts = count_parameters(network), count_flops(network, evaluate.image_shape)
    return dict(zip(COLUMNS, (genotype, fmean(score.accuracies), fmean(score.losses), *counts, seconds), strict=True))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--space", required=True, choices=SPACES)
    parser.add_argument("--data", required=True)
    parser.add_argument("--channels", type=int, default=8, help="or filters")
    parser.add_argument("--cells", type=int, default=1)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--subset", type=int, default=4096)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--learning-rate", type=float, default=0.1)
    parser.add_argument("--images", type=int, default=2000, help="of the test split, to judge by")
    parser.add_argument("--seeds", type=int, default=1, help="networks a genotype")
    parser.add_argument("--count", type=int, default=40)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    space, done = find_space(options.space)(), read(options.out)
    known = {row["genotype"] for row in done}
    missing = [genotype for genotype in map(space.sample, range(options.count)) if str(genotype) not in known]
    evaluate = evaluation_of(options) if missing else None
    for genotype in track(missing, disable=not missing):
        done.append(row_of(genotype, evaluate))
        write(options.out, done[-1])
    accuracies = [float(row["test_accuracy"]) for row in done]
    noise = fmean(accuracy * (1 - accuracy) for accuracy in accuracies) / options.images / options.seeds
    print(f"{len(done)} genotypes, test accuracy {min(accuracies):.4f} to {max(accuracies):.4f}")
    print(f"variance {pvariance(accuracies):.2e}, of which judging on {options.images} images makes {noise:.2e}")


def read(path):
    if not path.is_file():
        return []
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def write(path, row):
    new = not path.is_file()
    with path.open("a", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        if new:
            writer.writeheader()
        writer.writerow(row)


if __name__ == "__main__":
    main()
