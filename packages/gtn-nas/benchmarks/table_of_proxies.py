"""How well proxies rank architectures whose worth is known: GTN, real data at equal cost, and scores without training.

    python packages/gtn-nas/benchmarks/table_of_proxies.py TRUTH.csv --truth-column COLUMN --teacher TEACHER --out DIR

TRUTH.csv has a column `genotype` and the truth. Draws `--count` of its rows (seed 0), scores them with every arm, a
line of DIR/<arm>.jsonl for each before the next is begun, goes on where it was stopped, and prints a table in Markdown:
rank correlation over all, in the half that the proxy likes best (the paper's figure), and given the parameters, each
with a 95 % bootstrap interval over architectures. One training gives several scores, a row each.
"""

import argparse
import csv
import json
import random
from dataclasses import asdict
from pathlib import Path
from statistics import fmean

import torch
from rich.progress import track

from gtn_nas import NB201Space
from gtn_nas.evaluation import EvaluationSettings
from gtn_nas.ranking import correlate

SAME_TIME = {"epochs": 1, "subset": 2048}
ARMS = {  # name: evaluation, options, size
    "gtn": ("gtn", {}, {}),
    "gtn-3-seeds": ("gtn", {"seeds": 3}, {}),
    "gtn-batch": ("gtn", {"batch_norm": "batch"}, {}),
    "gtn-running": ("gtn", {"batch_norm": "running"}, {}),
    "gtn-c4": ("gtn", {}, {"channels": 4}),
    "gtn-c16": ("gtn", {}, {"channels": 16}),
    "gtn-area": ("gtn", {"score": "area"}, {}),
    "real": ("real", {}, {}),
    "real-as-gtn": ("real", {"batch_norm": "last_synthetic_batch", "learning_rate": 0.2, "momentum": 0.5}, {}),
    "real-epoch": ("real", SAME_TIME, {}),
    "params": ("params", {}, {}),
    "flops": ("flops", {}, {}),
    "synflow": ("synflow", {}, {}),
    "naswot": ("naswot", {}, {}),
    "jacob_cov": ("jacob_cov", {}, {}),
}
TRAINED = ("gtn", "real")
SHOWN = ("spearman", "spearman_top_half", "partial_spearman_given_params")


def settings_of(arm, options):
    evaluation, given, size = ARMS[arm]
    if evaluation in TRAINED:  # all scores of one training; the training loss costs nothing beyond it
        given = {"score": "training_loss", "seeds": 1, **given}
        size = {"channels": 8, "cells": 1, **size}
    return EvaluationSettings(options.teacher, "nb201", options.data, size=size, options=given, evaluation=evaluation)


def figures_of(score):
    """Return every score of one evaluation, higher is better; null where there is none."""
    found = (
        {"score": [score.score]}
        if not score.accuracies
        else {
            "accuracy": score.accuracies,
            "loss": [-loss for loss in score.losses],
            "training_loss": [-loss for loss in score.training_losses],
            "area": score.areas,
        }
    )
    means = {name: fmean(values) for name, values in found.items() if values}
    return {name: mean if mean - mean == 0 else None for name, mean in means.items()}


def score_all(arm, genotypes, options):
    """Return the lines of an arm, one a genotype, made where they are not yet."""
    path = options.out / f"{arm}.jsonl"
    known = {line["genotype"]: line for line in read(path)}
    missing = [genotype for genotype in genotypes if genotype not in known]
    evaluate = settings_of(arm, options).resolved().build() if missing else None
    for genotype in track(missing, description=arm, disable=not missing):
        score = evaluate(genotype)
        line = {"genotype": genotype, "scores": figures_of(score), "seconds": score.seconds}
        with path.open("a") as file:
            file.write(json.dumps(line) + "\n")
        known[genotype] = line
    return [known[genotype] for genotype in genotypes]


def read(path):
    return [json.loads(line) for line in path.read_text().splitlines()] if path.is_file() else []


def rows_of(arm, lines, truth, params):
    for name in lines[0]["scores"]:
        scores = [line["scores"][name] for line in lines]
        scores = [float("-inf") if score is None else score for score in scores]
        found = correlate(scores, truth, params)
        seconds = fmean(line["seconds"] for line in lines)
        yield {"arm": arm, "score": name, "seconds": seconds, **{key: asdict(found[key]) for key in SHOWN}}


def shown(estimate):
    if estimate["value"] is None:
        return "–"
    return f"{estimate['value']:.2f} [{estimate['low']:.2f}, {estimate['high']:.2f}]"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("truth", type=Path)
    parser.add_argument("--truth-column", required=True)
    parser.add_argument("--teacher", required=True)
    parser.add_argument("--data", help="real data; those of the teacher unless given")
    parser.add_argument("--arm", action="append", choices=ARMS, help="can be repeated; all unless given")
    parser.add_argument("--count", type=int, default=150)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    options.out.mkdir(parents=True, exist_ok=True)
    with options.truth.open(newline="") as file:
        table = list(csv.DictReader(file))
    random.Random(0).shuffle(table)
    genotypes = [row["genotype"] for row in table[: options.count]]
    truth = [float(row[options.truth_column]) for row in table[: options.count]]
    space = NB201Space()
    params = [space.cost(space.parse(genotype)).params for genotype in genotypes]
    rows = []
    for arm in options.arm or ARMS:
        rows += rows_of(arm, score_all(arm, genotypes, options), truth, params)
    (options.out / "table.json").write_text(json.dumps({"count": len(genotypes), "rows": rows}, indent=1) + "\n")
    print(f"{len(genotypes)} architectures\n")
    print("| arm | score | all | top half | given params | seconds each |\n|---|---|---|---|---|---|")
    for row in rows:
        cells = " | ".join(shown(row[key]) for key in SHOWN)
        print(f"| {row['arm']} | {row['score'].replace('_', ' ')} | {cells} | {row['seconds']:.2f} |")


if __name__ == "__main__":
    main()
