"""Search on a cluster with Ray: GTN evaluation in every worker, random genotypes, each score on the disk at once.

Run: python ray_search.py (a minute on a CPU; needs `pip install "gtn-nas[ray]"`). It prints the best of twelve trials.
On a cluster: `ray start --head` on one machine, `ray start --address HEAD:6379` on the others, all with gtn-nas, then
`python ray_search.py --address auto` on the first.

A trial is a Ray task that knows its genotype alone and asks nothing of its worker, so whatever happens to a worker or
its machine, Ray does the trial again elsewhere. The driver writes every score to `trials.jsonl` before it hands out the
next trial; started again with the same folder it scores what is missing.

Ray's processes listen for each other, and whoever reaches them can run code there. The cluster that is started here
listens on 127.0.0.1 alone. One that you started with `ray start` listens on every interface, the driver that joins it
too: keep its ports within your own network.
"""

import argparse
import os
from pathlib import Path

# Ray reads it as it is imported, whatever the system: 0 keeps a cluster that begins here to the loopback interface.
os.environ.setdefault("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")

import ray
import torch

from gtn_core import RealData, Teacher
from gtn_nas import GTNEvaluation, NB201Space
from gtn_nas.search import RECORD, Trial, TrialRecord

EVALUATIONS = {}  # of this worker, by settings: it is made once and then serves trial after trial


def evaluation_of(teacher, channels, steps):
    settings = (teacher, channels, steps)
    if settings not in EVALUATIONS:
        torch.set_num_threads(1)
        space = NB201Space(channels=channels, cells=1)
        made = GTNEvaluation(Teacher.from_pretrained(teacher), RealData.load("digits"), space, seeds=1, steps=steps)
        EVALUATIONS[settings] = made
    return EVALUATIONS[settings]


@ray.remote(num_cpus=1, max_retries=-1)
def scored(genotype, teacher, channels, steps):
    """Return a trial as the line of JSON that it is on the disk."""
    score = evaluation_of(teacher, channels, steps)(genotype)
    return Trial.of(genotype, score).model_dump_json()


def search(folder, trials, *, teacher="digits", channels=2, steps=5, side_by_side=2, task=scored, on_trial=print):
    """Score random genotypes on the cluster that Ray is connected to, and return all trials, best first."""
    record = TrialRecord(Path(folder) / RECORD)
    known = {trial.genotype for trial in record.trials()}
    space = NB201Space(channels=channels, cells=1)
    wanted = list(dict.fromkeys(str(space.sample(seed)) for seed in range(trials)))
    waiting = [genotype for genotype in wanted if genotype not in known]
    running = []
    while waiting or running:
        while waiting and len(running) < side_by_side:
            running.append(task.remote(waiting.pop(0), teacher, channels, steps))
        done, running = ray.wait(running)
        for line in ray.get(done):
            trial = Trial.model_validate_json(line)
            record.add(trial)
            on_trial(f"{trial.rank_key:.3f}  {trial.genotype}")
    return sorted(record.trials(), key=lambda trial: -trial.rank_key)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--address", help="of a cluster; one is started here and ended again unless given")
    parser.add_argument("--folder", type=Path, default=Path("runs/ray"))
    parser.add_argument("--trials", type=int, default=12)
    parser.add_argument("--side-by-side", type=int, default=2)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    here = {} if options.address else {"include_dashboard": False, "num_cpus": options.side_by_side}
    ray.init(address=options.address, log_to_driver=False, **here)
    best = search(options.folder, options.trials, side_by_side=options.side_by_side)[0]
    print(f"best: {best.rank_key:.3f}  {best.genotype}")
