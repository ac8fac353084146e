"""Resident memory over many outer steps, which should not grow.

    python packages/gtn-core/benchmarks/bench_flat_memory.py [--outer-steps 1000] [--memory recompute]

A small meta-training of digits (T = 5 inner steps of 16 images); a JSON line ten times on the way.
"""

import argparse
import json
import os
from pathlib import Path
from tempfile import TemporaryDirectory

import torch

from gtn_core.recipes import Training, load_recipe, with_overrides
from gtn_core.runs import RunDirectory, SilentProgress

PAGE = os.sysconf("SC_PAGE_SIZE")


class Watch(SilentProgress):
    """Prints the resident memory ten times in the course of meta-training."""

    def __init__(self, outer_steps):
        self.outer_steps, self.done = outer_steps, 0

    def advance(self, **figures):
        if "meta_loss" not in figures:
            return
        self.done += 1
        if self.done <= self.outer_steps and self.done % max(1, self.outer_steps // 10) == 0:
            pages = int(Path("/proc/self/statm").read_text().split()[1])
            print(
                json.dumps({"outer_step": self.done, "resident_megabytes": round(pages * PAGE / 2**20, 1)}), flush=True
            )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--outer-steps", type=int, default=1000)
    parser.add_argument("--memory", default="recompute")
    options = parser.parse_args()
    torch.set_num_threads(1)
    settings = ("teacher.steps=5", "teacher.batch=16", "real_data_arm=null", "warm_start=null", "evaluation.learners=1")
    recipe = with_overrides(
        load_recipe("digits"), [*settings, f"outer.memory={options.memory}", f"outer.steps={options.outer_steps}"]
    )
    with TemporaryDirectory() as folder:
        run = RunDirectory.start(Path(folder) / "run", recipe.model_dump(mode="json"), resume=False)
        Training(recipe, progress=Watch(options.outer_steps)).run(run)


if __name__ == "__main__":
    main()
