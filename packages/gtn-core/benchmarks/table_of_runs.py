"""Finished runs as a table in Markdown, and their mean over seeds: how the tables of docs/results.md are made.

    python packages/gtn-core/benchmarks/table_of_runs.py runs/mnist-small-0 runs/mnist-small-1 runs/mnist-small-2

A row a run: few-step test accuracy of each arm, a mean over fresh learners with its 95 % bootstrap interval, and the
minutes that the outer loop took. Then the mean over runs, its interval bootstrapped over runs.
"""

import argparse
import json
from pathlib import Path

import yaml

from gtn_core.evaluation import bootstrap_interval

ARMS = {
    "teacher": "teacher",
    "real_data": "real data, equal steps",
    "warm_start": "warm start alone",
    "untrained": "untrained",
}


def minutes(run):
    lines = (run / "timings.jsonl").read_text().splitlines()
    return sum(json.loads(line)["seconds"] for line in lines) / 60


def percent(mean, low, high):
    return f"{100 * mean:.1f} [{100 * low:.1f}, {100 * high:.1f}]"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="+", type=Path, help="run directories")
    runs = parser.parse_args().runs
    results = [json.loads((run / "evaluation.json").read_text())["arms"] for run in runs]
    arms = {arm: label for arm, label in ARMS.items() if all(arm in result for result in results)}
    print("| seed | " + " | ".join(arms.values()) + " | outer loop, minutes |")
    print("|---" * (len(arms) + 2) + "|")
    for run, result in zip(runs, results, strict=True):
        seed = yaml.safe_load((run / "config.yaml").read_text())["seed"]
        cells = [percent(*(result[arm][key] for key in ("mean", "low", "high"))) for arm in arms]
        print(f"| {seed} | " + " | ".join(cells) + f" | {minutes(run):.0f} |")
    if len(runs) > 1:
        cells = [percent(*bootstrap_interval([result[arm]["mean"] for result in results])) for arm in arms]
        print("| **all** | " + " | ".join(cells) + " | |")


if __name__ == "__main__":
    main()
