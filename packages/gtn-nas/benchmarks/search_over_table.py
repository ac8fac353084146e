"""Which strategy finds the better architecture in equal trials, where a table knows every score and every truth.

    python packages/gtn-nas/benchmarks/search_over_table.py TRUTH.csv --truth-column COLUMN --scores ARM.jsonl --out DIR

ARM.jsonl is what table_of_proxies.py left on NAS-Bench-201, so that a trial costs nothing; `--score-column` takes a
column of TRUTH.csv instead. Every strategy of `gtn-nas search` runs as it is on NNI's sequential engine, over the whole
search space. A table holds a part of that space, so a proposal is answered by the architecture of the table that is
nearest to it, of those not tried yet: the one with the fewest other operations, a tie decided by the seed. No
architecture counts twice.

After each trial: the truth of the favourite, which is the best by score so far. Writes DIR/search.json and
DIR/search.png; prints a table in Markdown, with 95 % bootstrap intervals over seeds. Strategies are compared seed by
seed: random and evolution begin alike.
"""

import argparse
import csv
import json
import tempfile
from pathlib import Path

import numpy as np
import torch
from nni import silence_stdout
from rich.progress import track

from gtn_core.reporting import house_style, new_figure, to_png
from gtn_learners import nb201
from gtn_nas import Score
from gtn_nas.nni import GenotypeModelSpace, GTNEvaluator, NasExperiment, NasExperimentConfig, new_strategy
from gtn_nas.search import STRATEGIES

RESAMPLES = 10_000
STYLES = {"random": ("#666666", ":"), "evolution": ("#d55e00", "--"), "tpe": ("#009e73", "-."), "nao": ("#00517f", "-")}


class NearestInTable:
    """Answers a proposal with the score of the nearest architecture not tried yet; `tried` holds their rows."""

    def __init__(self, operations, scores, seed):
        self.operations, self.scores, self.tried, self.distances = operations, scores, [], []
        self.stream = np.random.default_rng(seed)
        self.open = np.ones(len(scores), dtype=bool)

    def __call__(self, genotype):
        distances = (self.operations != codes_of(genotype)).sum(axis=1)
        distances[~self.open] = 99
        row = int(self.stream.choice(np.flatnonzero(distances == distances.min())))
        self.open[row] = False
        self.tried.append(row)
        self.distances.append(int(distances[row]))
        return Score.of([float(self.scores[row])], seconds=0.0)


def codes_of(genotype):
    return np.array([nb201.OPERATIONS.index(name) for name in genotype.operations])


def search(strategy, answer, trials, seed, folder):
    config = NasExperimentConfig("sequential", "simplified", max_trial_number=trials)
    config.experiment_working_directory = str(folder)
    chosen = new_strategy(strategy, "nb201", seed)
    experiment = NasExperiment(GenotypeModelSpace("nb201"), GTNEvaluator(answer), chosen, config)
    experiment.run()
    experiment.stop()


def favourites(tried, scores, truth):
    """Return the truth of the best by score after each trial."""
    found, best = [], None
    for row in tried:
        best = row if best is None or scores[row] > scores[best] else best
        found.append(truth[best])
    return found


def interval(values):
    """Return mean and 95 % bootstrap interval over the first axis, of seeds."""
    values = np.asarray(values)
    drawn = np.random.default_rng(0).integers(len(values), size=(RESAMPLES, len(values)))
    low, high = np.percentile(values[drawn].mean(axis=1), [2.5, 97.5], axis=0)
    return {"mean": values.mean(axis=0).tolist(), "low": low.tolist(), "high": high.tolist()}


def figure(curves, levels, count):
    with house_style():
        drawn = new_figure(6.4, 4.0)
        axes = drawn.subplots()
        for name, curve in curves.items():
            colour, line = STYLES[name]
            trials = np.arange(1, len(curve["mean"]) + 1)
            axes.fill_between(trials, curve["low"], curve["high"], color=colour, alpha=0.12, linewidth=0)
            axes.plot(trials, curve["mean"], color=colour, linestyle=line, label=name)
        axes.axhline(levels["favourite_of_all"], color="#a05a8c", linewidth=1, label=f"best by score of all {count}")
        axes.axhline(levels["best_of_all"], color="#1f2328", linewidth=1, linestyle="--", label="best by truth")
        axes.set(xlabel="trials", ylabel="true accuracy of the best by score")
        axes.legend(loc="lower right")
        return to_png(drawn)


def read(options):
    """Return genotypes, scores and truth of all architectures that have both."""
    with options.truth.open(newline="") as file:
        rows = {row["genotype"]: row for row in csv.DictReader(file)}
    if options.score_column:
        found = {text: float(row[options.score_column]) for text, row in rows.items() if row[options.score_column]}
    else:
        lines = [json.loads(line) for line in options.scores.read_text().splitlines()]
        found = {line["genotype"]: line["scores"][options.score] for line in lines if line["genotype"] in rows}
    scores = np.array([-np.inf if score is None else score for score in found.values()])
    truth = np.array([float(rows[text][options.truth_column]) for text in found])
    return [nb201.Genotype.parse(text) for text in found], scores, truth


def shown(estimate, place):
    return "{mean:.2f} [{low:.2f}, {high:.2f}]".format(**{key: values[place] for key, values in estimate.items()})


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("truth", type=Path)
    parser.add_argument("--truth-column", required=True)
    scores = parser.add_mutually_exclusive_group(required=True)
    scores.add_argument("--scores", type=Path, metavar="ARM.jsonl")
    scores.add_argument("--score-column", metavar="NAME", help="of TRUTH.csv")
    parser.add_argument("--score", default="loss", help="of those of the arm")
    parser.add_argument("--strategy", action="append", choices=STRATEGIES, help="can be repeated; all unless given")
    parser.add_argument("--trials", type=int, default=100)
    parser.add_argument("--at", type=int, action="append", help="trials of a row of the table; 50 and the last")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    torch.set_num_threads(1)
    options.out.mkdir(parents=True, exist_ok=True)
    silence_stdout()
    genotypes, scores, truth = read(options)
    operations = np.stack([codes_of(genotype) for genotype in genotypes])
    found, distance = {}, {}
    strategies = ["random", *(name for name in options.strategy or STRATEGIES if name != "random")]
    for strategy in strategies:
        answers = [NearestInTable(operations, scores, seed) for seed in range(options.seeds)]
        with tempfile.TemporaryDirectory() as folder:
            for seed, answer in enumerate(track(answers, description=strategy)):
                search(strategy, answer, options.trials, seed, folder)
        found[strategy] = [favourites(answer.tried, scores, truth) for answer in answers]
        distance[strategy] = float(np.mean([answer.distances for answer in answers]))
    curves = {strategy: interval(values) for strategy, values in found.items()}
    gains = {strategy: interval(np.subtract(values, found["random"])) for strategy, values in found.items()}
    levels = {"favourite_of_all": float(truth[scores.argmax()]), "best_of_all": float(truth.max())}
    known = {
        "architectures": len(truth),
        "score": options.score_column or options.score,
        "seeds": options.seeds,
        **levels,
    }
    content = {**known, "mean_distance": distance, "truth_of_the_favourite": curves, "more_than_random": gains}
    (options.out / "search.json").write_text(json.dumps(content) + "\n")
    (options.out / "search.png").write_bytes(figure(curves, levels, len(truth)))
    moments = options.at or sorted({min(50, options.trials), options.trials})
    print(json.dumps({**known, "mean_distance": distance}))
    print("| strategy |" + "".join(f" after {trials} | more than random |" for trials in moments))
    print("|---|" + "---|---|" * len(moments))
    for strategy in strategies:
        cells = []
        for trials in moments:
            cells.append(shown(curves[strategy], trials - 1))
            cells.append(shown(gains[strategy], trials - 1) if strategy != "random" else "–")
        print(f"| {strategy} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
