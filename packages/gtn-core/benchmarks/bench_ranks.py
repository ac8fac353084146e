"""Two ranks on two cores beside two runs of one process each: learners a second, in turns.

    python packages/gtn-core/benchmarks/bench_ranks.py [--rounds 3] [--steps 20]

Digits, the recipe's teacher and learners (T = 10 inner steps of 32 images, graphs stored), one thread a process. Either
way two processes each unroll one learner a step; as ranks they also wait for each other and add up the meta-gradient of
its meta-parameters. The target is 0.90 of the rate of the two that know nothing of each other. A JSON line a round, and
one with the medians; beside the rates by the clock those by CPU time, which leave out all waiting, for each other and
for whatever else the machine does.
"""

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time

import torch

from gtn_core import RealData, Teacher
from gtn_core.families import WeightedFamily, find_family
from gtn_core.meta_training import MetaTrainer
from gtn_core.ranks import joined_ranks
from gtn_core.recipes import load_recipe
from gtn_core.runs import RunDirectory, SilentProgress

TARGET = 0.90
WARMING_UP = 3


class Clock(SilentProgress):
    """Notes when the steps after the first few began, and when the last one ended."""

    def __init__(self):
        self.done, self.began, self.ended = 0, (0.0, 0.0), (0.0, 0.0)

    def advance(self, **figures):
        self.done += 1
        self.ended = perf_counter(), process_time()
        if self.done == WARMING_UP:
            self.began = self.ended


def work(steps):
    """Train as this process's environment says, alone or as a rank, and print the seconds a step."""
    torch.set_num_threads(1)
    recipe, clock = load_recipe("digits"), Clock()
    with TemporaryDirectory() as folder, joined_ranks("cpu") as ranks:
        data = RealData.load("digits")
        teacher = Teacher(
            recipe.teacher, image_shape=data.image_shape, class_names=data.class_names, normalization=data.normalization
        )
        settings = recipe.outer.model_copy(
            update={"steps": steps, "learners": ranks.count, "validate_every": steps + 1, "checkpoint_every": steps}
        )
        families = [WeightedFamily(find_family("digits-convnet"))]
        run = RunDirectory(Path(folder))
        MetaTrainer(teacher, data, families, settings, run, progress=clock, ranks=ranks).train()
    print(
        json.dumps([(end - begin) / (steps - WARMING_UP) for begin, end in zip(clock.began, clock.ended, strict=True)])
    )


def side_by_side(steps, *, as_ranks):
    """Return learners a second, by the clock and by CPU time, of two processes that each unroll one a step."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    told = {"WORLD_SIZE": "2", "LOCAL_WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    words = [sys.executable, __file__, "--work", "--steps", str(steps)]
    processes = [
        subprocess.Popen(
            words,
            env={**os.environ, "OMP_NUM_THREADS": "1", **({**told, "RANK": str(rank)} if as_ranks else {})},
            stdout=subprocess.PIPE,
            text=True,
        )
        for rank in range(2)
    ]
    seconds = [json.loads(process.communicate()[0]) for process in processes]
    return [sum(1 / one[kind] for one in seconds) for kind in range(2)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--work", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        work(options.steps)
        return
    ratios = []
    for number in range(options.rounds):
        # In turns, and the first of a round the second of the next, so that what else the machine does hits both.
        order = [True, False] if number % 2 else [False, True]
        rates = {as_ranks: side_by_side(options.steps, as_ranks=as_ranks) for as_ranks in order}
        ratios.append([ranks / apart for ranks, apart in zip(rates[True], rates[False], strict=True)])
        line = {"ranks": rates[True][0], "apart": rates[False][0], "ratio": ratios[-1][0], "cpu_ratio": ratios[-1][1]}
        print(json.dumps({"round": number, **{name: round(value, 3) for name, value in line.items()}}), flush=True)
    medians = [round(statistics.median(kind), 3) for kind in zip(*ratios, strict=True)]
    print(json.dumps({"ratio": medians[0], "cpu_ratio": medians[1], "target": TARGET}))


if __name__ == "__main__":
    main()
