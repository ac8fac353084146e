"""Proxies, or sums of their ranks, beside another on the same architectures: is one better?

    python packages/gtn-nas/benchmarks/compare_proxies.py TRUTH.csv --truth-column COLUMN --lines DIR \
        --beside column:params_m gtn-batch:loss gtn-batch:loss+column:params_m

DIR has the lines that `table_of_proxies.py` left, `<arm>.jsonl`. A proxy is ARM:SCORE, or column:NAME of TRUTH.csv;
those joined by + are ranked each for itself and the ranks added. Prints how each ranks the architectures that all of
them have, and its difference to the proxy beside which it is seen, with 95 % bootstrap intervals: architectures are
drawn with replacement, the same for both. The top half is that of each proxy, so two of them are of other
architectures. `--out FILE` keeps the figures as JSON.
"""

import argparse
import csv
import json
from functools import partial
from pathlib import Path

import numpy as np
from scipy.stats import rankdata

from gtn_nas.ranking import spearman, top_spearman

FIGURES = {"all": spearman, "top_half": partial(top_spearman, 0.5)}
RESAMPLES = 1000


def read(name, table, folder):
    """Return the scores of one proxy by genotype; -inf, the lowest, of what has diverged."""
    arm, score = name.split(":")
    if arm == "column":
        return {row["genotype"]: float(row[score]) for row in table if row[score]}
    lines = map(json.loads, (folder / f"{arm}.jsonl").read_text().splitlines())
    found = {line["genotype"]: line["scores"][score] for line in lines}
    return {genotype: -np.inf if value is None else value for genotype, value in found.items()}


def summed_ranks(names, table, folder):
    """Return the genotypes that all proxies have, and for each name their ranks, summed."""
    try:
        parts = {part: read(part, table, folder) for name in names for part in name.split("+")}
    except (OSError, ValueError, KeyError) as error:
        raise SystemExit(
            f"a proxy is ARM:SCORE of a file in {folder}, or column:NAME; cannot read one: {error}"
        ) from None
    genotypes = sorted(set.intersection(*map(set, parts.values())))
    ranks = {part: rankdata([found[genotype] for genotype in genotypes]) for part, found in parts.items()}
    return genotypes, {name: sum(ranks[part] for part in name.split("+")) for name in names}


def resampled(ranks, truth):
    """Return, by figure, its value and then its values over the resamples, the same ones for every proxy."""
    draws = np.random.default_rng(0).integers(len(truth), size=(RESAMPLES, len(truth)))
    every = [np.arange(len(truth)), *draws]
    return {name: np.array([figure(ranks[draw], truth[draw]) for draw in every]) for name, figure in FIGURES.items()}


def compared(own, beside):
    """Return, by figure: its value, its interval, and the interval of its difference to the proxy beside."""
    found = {}
    for name in FIGURES:
        difference = own[name] - beside[name]
        found[name] = {
            "value": own[name][0],
            "interval": interval(own[name][1:]),
            "difference": difference[0],
            "difference_interval": interval(difference[1:]),
        }
    return found


def interval(values):
    return np.nanpercentile(values, [2.5, 97.5]).tolist()


def shown(value, bounds):
    return f"{value:.2f} [{bounds[0]:.2f}, {bounds[1]:.2f}]"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("truth", type=Path)
    parser.add_argument("proxies", nargs="+", metavar="PROXY[+PROXY]")
    parser.add_argument("--truth-column", required=True)
    parser.add_argument("--lines", type=Path, required=True)
    parser.add_argument("--beside", required=True, metavar="PROXY")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    with options.truth.open(newline="") as file:
        table = list(csv.DictReader(file))
    genotypes, ranks = summed_ranks([options.beside, *options.proxies], table, options.lines)
    truths = {row["genotype"]: row[options.truth_column] for row in table}
    truth = np.array([float(truths[genotype]) for genotype in genotypes])
    values = {name: resampled(some, truth) for name, some in ranks.items()}
    found = {name: compared(own, values[options.beside]) for name, own in values.items()}
    print(f"{len(genotypes)} architectures\n")
    print(
        f"| proxy | all | more than {options.beside} | top half | more than {options.beside} |\n|---|---|---|---|---|"
    )
    for name, figures in found.items():
        cells = [
            shown(one[key], one[f"{key}_interval" if key == "difference" else "interval"])
            for one in figures.values()
            for key in ("value", "difference")
        ]
        print(f"| {name} | {' | '.join(cells)} |")
    if options.out:
        text = json.dumps({"count": len(genotypes), "beside": options.beside, "proxies": found}, indent=1)
        options.out.write_text(text + "\n")


if __name__ == "__main__":
    main()
