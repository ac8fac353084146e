"""One outer step of a recipe: this code beside an older checkout of it, and a curriculum beside another.

    git worktree add /tmp/older COMMIT
    python packages/gtn-core/benchmarks/bench_outer_step.py mnist-small --against /tmp/older --curriculum closed_loop

Every variant lives in a process of its own and all of them take turns, an outer step each round, so that a busy
machine slows all alike. One JSON line a variant: median CPU seconds of an outer step on one thread, and the median of
its ratios to the first variant, the recipe as it is in this checkout, in the same rounds.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from time import process_time

ROOT = Path(__file__).resolve().parents[3]
PACKAGES = ("gtn-core", "gtn-learners")
HERE = "here"


class Turns:
    """A progress display that measures an outer step, answers with its seconds, and waits for the next turn."""

    def start(self, *_):
        sys.stdin.readline()
        self.begin = process_time()

    def note(self, *_):
        pass

    def advance(self, **_):
        print(process_time() - self.begin, flush=True)
        sys.stdin.readline()
        self.begin = process_time()


def work(recipe, rounds, overrides):
    """Meta-train in turns; the steps beyond the rounds keep validation out of them."""
    import torch

    from gtn_core import RealData, Teacher
    from gtn_core.meta_training import MetaTrainer
    from gtn_core.recipes import load_recipe, with_overrides
    from gtn_core.runs import RunDirectory

    torch.set_num_threads(1)
    steps = [f"outer.steps={rounds + 1}", f"outer.validate_every={rounds + 1}"]
    resolved = with_overrides(load_recipe(recipe), [*steps, *overrides])
    data = RealData.load(resolved.data.source, validation=resolved.data.validation)
    shape = {"image_shape": data.image_shape, "class_names": data.class_names, "normalization": data.normalization}
    families = [learner.resolve() for learner in resolved.learners]
    with tempfile.TemporaryDirectory() as folder:
        run = RunDirectory.start(Path(folder) / "run", {}, resume=False)
        MetaTrainer(Teacher(resolved.teacher, **shape), data, families, resolved.outer, run, progress=Turns()).train()


def start_worker(checkout, recipe, rounds, overrides):
    paths = os.pathsep.join(str(checkout / "packages" / package / "src") for package in PACKAGES)
    return subprocess.Popen(
        [sys.executable, __file__, recipe, "--rounds", str(rounds), "--work", *overrides],
        env={**os.environ, "PYTHONPATH": paths},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def measure(workers, rounds):
    """Let the variants take turns, first once to warm up; return seconds of each round, by variant."""
    figures = {name: [] for name in workers}
    for _ in range(rounds):
        for name, worker in workers.items():
            worker.stdin.write("\n")
            worker.stdin.flush()
            figures[name].append(float(worker.stdout.readline()))
    for worker in workers.values():
        worker.kill()
        worker.wait()
    return {name: seconds[1:] for name, seconds in figures.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipe")
    parser.add_argument("--against", type=Path, help="another checkout of this repository")
    parser.add_argument("--curriculum", help="another curriculum")
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--work", nargs="*", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.work is not None:
        work(given.recipe, given.rounds, given.work)
        return
    variants = {HERE: (ROOT, [])}
    if given.against:
        variants[f"at {given.against}"] = (given.against.resolve(), [])
    if given.curriculum:
        variants[given.curriculum] = (ROOT, [f"teacher.curriculum={given.curriculum}"])
    workers = {
        name: start_worker(checkout, given.recipe, given.rounds, overrides)
        for name, (checkout, overrides) in variants.items()
    }
    figures = measure(workers, given.rounds)
    for name, seconds in figures.items():
        ratios = [one / other for one, other in zip(seconds, figures[HERE], strict=True)]
        line = {"variant": name, "recipe": given.recipe, "cpu_seconds": round(median(seconds), 3)}
        print(json.dumps({**line, f"ratio_to_{HERE}": round(median(ratios), 3), "rounds": len(seconds)}))


if __name__ == "__main__":
    main()
