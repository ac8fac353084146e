"""Truth for a sample of genotypes, where no benchmark publishes any: every one is trained here on real data.

    python packages/gtn-nas/benchmarks/truth_by_training.py --space nao --count 40 --data digits --out TRUTH.csv \
        --set filters=8 --set cells=1 --set epochs=6

Draws genotypes with seeds 0, 1, ... and trains each by the recipe `search` of the space, as `gtn-nas train` does. A row
of TRUTH.csv for each before the next is begun; goes on where it was stopped. Ends with how large the differences
between genotypes are beside the noise of judging them on so few test images.
"""

import argparse
import csv
from pathlib import Path
from statistics import fmean, pvariance
from tempfile import TemporaryDirectory
from time import process_time

import torch
from rich.progress import track

from gtn_nas.spaces import SPACES, find_space
from gtn_nas.training import NetworkTraining, TrainingRun, recipes_of

COLUMNS = ("genotype", "test_accuracy", "test_loss", "validation_accuracy", "params", "flops", "processor_seconds")


def train(genotype, space, recipe, options):
    """Return a row."""
    start = process_time()
    training = NetworkTraining(genotype, space, recipe, seed=options.seed, source=options.data)
    with TemporaryDirectory() as folder:
        result = training.run(TrainingRun.start(Path(folder) / "run", {}, resume=False))
    result["processor_seconds"] = round(process_time() - start, 2)
    return {name: result[name] for name in COLUMNS}, len(training.data.test)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--space", required=True, choices=SPACES)
    parser.add_argument("--data", required=True)
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="of the recipe, repeated")
    parser.add_argument("--count", type=int, default=40)
    parser.add_argument("--seed", type=int, default=0, help="of initial values and batches")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    space, recipes = find_space(options.space)(), recipes_of(options.space)
    recipe = recipes.with_overrides(recipes.load("search"), options.set)
    done = read(options.out)
    known = {row["genotype"] for row in done}
    genotypes = [genotype for genotype in map(space.sample, range(options.count)) if str(genotype) not in known]
    images = None
    for genotype in track(genotypes, disable=not genotypes):
        row, images = train(genotype, space, recipe, options)
        write(options.out, row)
        done.append(row)
    accuracies = [float(row["test_accuracy"]) for row in done]
    print(f"{len(done)} genotypes, test accuracy {min(accuracies):.4f} to {max(accuracies):.4f}")
    if images:
        noise = fmean(accuracy * (1 - accuracy) / images for accuracy in accuracies)
        print(f"variance {pvariance(accuracies):.2e}, of which {noise:.2e} is from judging on {images} images")


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
