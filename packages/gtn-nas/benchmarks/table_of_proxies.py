"""How well proxies rank architectures whose worth is known: GTN, real data at equal cost, and scores without training.

    python packages/gtn-nas/benchmarks/table_of_proxies.py TRUTH.csv --truth-column COLUMN --teacher TEACHER --out DIR

TRUTH.csv has a column `genotype` and the truth. Draws `--count` of its rows (seed 0), scores them with every arm, a
line of DIR/<arm>.jsonl for each before the next is begun, goes on where it was stopped, and prints a table in Markdown:
rank correlation over all, in the half that the proxy likes best (the paper's figure), and given the parameters, each
with a 95 % bootstrap interval over architectures. One training gives several scores, a row each.

`--arm column:NAME` is a column of TRUTH.csv, the more, the better, of those rows that have it. Parameters are counted
at the published size unless `--params-column` names them; `--size` is that of networks that are looked at untrained.
"""

import argparse
import csv
import json
import random
from dataclasses import asdict
from math import isfinite
from pathlib import Path
from statistics import fmean
from time import process_time

import torch
from rich.progress import track

from gtn_nas.evaluation import EvaluationSettings
from gtn_nas.ranking import correlate
from gtn_nas.spaces import SPACES, find_space

SAME_TIME = {"epochs": 1, "subset": 2048}
AS_GTN = {"batch_norm": "last_synthetic_batch", "learning_rate": 0.2, "momentum": 0.5}
ARMS = {  # name: evaluation, options, size
    "gtn": ("gtn", {}, {}),
    "gtn-3-seeds": ("gtn", {"seeds": 3}, {}),
    "gtn-batch": ("gtn", {"batch_norm": "batch"}, {}),
    "gtn-running": ("gtn", {"batch_norm": "running"}, {}),
    "gtn-c4": ("gtn", {}, {"channels": 4}),
    "gtn-c16": ("gtn", {}, {"channels": 16}),
    "gtn-area": ("gtn", {"score": "area"}, {}),
    "real": ("real", {}, {}),
    "real-as-gtn": ("real", AS_GTN, {}),
    "real-as-gtn-3-seeds": ("real", {**AS_GTN, "seeds": 3}, {}),
    "real-epoch": ("real", SAME_TIME, {}),
    "real-epoch-as-gtn": ("real", {**SAME_TIME, **AS_GTN}, {}),
    "params": ("params", {}, {}),
    "flops": ("flops", {}, {}),
    "synflow": ("synflow", {}, {}),
    "naswot": ("naswot", {}, {}),
    "jacob_cov": ("jacob_cov", {}, {}),
    "grad_norm": ("grad_norm", {}, {}),
}
TRAINED = ("gtn", "real")
COLUMN = "column:"
SHOWN = ("spearman", "spearman_top_half", "partial_spearman_given_params")


def settings_of(arm, options):
    evaluation, given, size = ARMS[arm]
    if evaluation in TRAINED:  # all scores of one training; the training loss costs nothing beyond it
        given = {"score": "training_loss", "seeds": 1, **given}
    else:
        size = dict(options.size)
    return EvaluationSettings(
        options.teacher, options.space, options.data, size=size, options=given, evaluation=evaluation
    )


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


def score_all(arm, table, options):
    """Return the lines of an arm, one a row of the truth, made where they are not yet."""
    genotypes = [row["genotype"] for row in table]
    if arm.startswith(COLUMN):
        return [line_of(row, arm.removeprefix(COLUMN)) for row in table if row[arm.removeprefix(COLUMN)]]
    path = options.out / f"{arm}.jsonl"
    known = {line["genotype"]: line for line in read(path)}
    missing = [genotype for genotype in genotypes if genotype not in known]
    evaluate = settings_of(arm, options).resolved().build() if missing else None
    for genotype in track(missing, description=arm, disable=not missing):
        start = process_time()
        score = evaluate(genotype)
        figures, processor = figures_of(score), process_time() - start
        line = {"genotype": genotype, "scores": figures, "seconds": score.seconds, "processor_seconds": processor}
        with path.open("a") as file:
            file.write(json.dumps(line) + "\n")
        known[genotype] = line
    return [known[genotype] for genotype in genotypes]


def line_of(row, column):
    return {"genotype": row["genotype"], "scores": {"score": float(row[column])}, "seconds": 0.0}


def read(path):
    return [json.loads(line) for line in path.read_text().splitlines()] if path.is_file() else []


def rows_of(arm, lines, truth, params):
    for name in lines[0]["scores"]:
        scores = [line["scores"][name] for line in lines]
        scores = [float("-inf") if score is None else score for score in scores]
        truths, sizes = ([values[line["genotype"]] for line in lines] for values in (truth, params))
        found = correlate(scores, truths, sizes)
        figures = {key: mean_of(lines, key) for key in ("seconds", "processor_seconds")}
        figures["mean_score"] = fmean(finite) if (finite := [score for score in scores if isfinite(score)]) else None
        yield {"arm": arm, "score": name, "count": len(lines), **figures, **{key: asdict(found[key]) for key in SHOWN}}


def mean_of(lines, key):
    """Return the mean of a figure; null where a line, of an older run, has none."""
    return fmean(line[key] for line in lines) if all(key in line for line in lines) else None


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
    parser.add_argument("--space", default="nb201", choices=SPACES)
    parser.add_argument("--arm", action="append", help=f"can be repeated; all unless given: {', '.join(ARMS)}")
    parser.add_argument("--size", action="append", type=size, default=[], metavar="NAME=NUMBER")
    parser.add_argument("--params-column")
    parser.add_argument("--count", type=int, default=150)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    options.out.mkdir(parents=True, exist_ok=True)
    with options.truth.open(newline="") as file:
        table = list(csv.DictReader(file))
    random.Random(0).shuffle(table)
    table = table[: options.count]
    truth = {row["genotype"]: float(row[options.truth_column]) for row in table}
    params = params_of(table, options)
    rows = []
    for arm in options.arm or ARMS:
        rows += rows_of(arm, score_all(arm, table, options), truth, params)
        (options.out / "table.json").write_text(json.dumps({"count": len(table), "rows": rows}, indent=1) + "\n")
    print(f"{len(table)} architectures\n")
    print("| arm | score | mean score | all | top half | given params | seconds each |\n|---|---|---|---|---|---|---|")
    for row in rows:
        cells = " | ".join(shown(row[key]) for key in SHOWN)
        mean = "–" if row["mean_score"] is None else f"{row['mean_score']:.4g}"
        print(f"| {row['arm']} | {row['score'].replace('_', ' ')} | {mean} | {cells} | {row['seconds']:.2f} |")


def params_of(table, options):
    if options.params_column:
        return {row["genotype"]: float(row[options.params_column]) for row in table}
    space = find_space(options.space)()
    return {row["genotype"]: space.cost(space.parse(row["genotype"])).params for row in table}


def size(text):
    name, number = text.split("=")
    return name, int(number)


if __name__ == "__main__":
    main()
