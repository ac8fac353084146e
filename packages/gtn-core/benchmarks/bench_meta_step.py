"""One whole meta-step, in time and memory: this engine beside plain training, the naive loop, TorchOpt and higher.

    python packages/gtn-core/benchmarks/bench_meta_step.py [--steps 8 32 128] [--norm batch mean] [--rounds 5] \
        [--device cuda]

Every variant lives in a process of its own (so that its peak memory is its own) and all of them take turns, round by
round (so that a busy machine slows all alike). One JSON line a variant: median seconds of a meta-step (of processor
time on one thread; by the clock on a GPU), the median of its ratios to TorchOpt's in the same round, and the memory (on
a GPU what torch hands out) beyond that of a warm-up with a single inner step. The meta-step: T inner SGD steps with
momentum on the batches of a small generator, a meta-loss on 256 real images, gradients for generator, codes, learning
rate and momentum. All get the same stock `nn.Module`.

`--table FILE` prints the table of docs/benchmarks.md from such lines, with the targets; `--profile VARIANT` shows where
one variant's time goes.

Above `--peers-up-to` inner steps the peers are left out (their memory grows by 66 MB a step) and the ratio is to
TorchOpt's time at the largest number of steps it did run, scaled by the steps; such lines say `"extrapolated": true`.
"""

import argparse
import json
import resource
import subprocess
import sys
from pathlib import Path
from statistics import median
from time import perf_counter, process_time

import torch
import torch.nn.functional as F
from torch import nn

from gtn_core.batch_norm import MeanOnlyBatchNorm
from gtn_core.functional_learner import FunctionalLearner
from gtn_core.inner_optimizers import SGD
from gtn_core.typing import Batch
from gtn_core.unroll import Unroll

PEERS = ("naive", "torchopt", "higher")
VARIANTS = ("plain", *PEERS, "recompute", "store")
RATE, MOMENTUM = 0.02, 0.5
TARGETS = {  # time as a share of TorchOpt's
    ("store", "batch"): "0.80, better 0.70",
    ("store", "mean"): "1.00",
    ("recompute", "batch"): "1.10",
    ("recompute", "mean"): "1.35, better 1.20",
}
NORMS = {"batch": "`nn.BatchNorm2d`", "mean": "mean-only"}


class Problem:
    """The same learner, generator, codes and real images for every variant."""

    def __init__(self, steps, batch, norm, device):
        torch.manual_seed(0)
        layer = nn.BatchNorm2d if norm == "batch" else MeanOnlyBatchNorm
        self.learner = nn.Sequential(
            *(nn.Conv2d(1, 16, 3, padding=1, bias=False), layer(16), nn.LeakyReLU(0.1), nn.MaxPool2d(2)),
            *(nn.Conv2d(16, 32, 3, padding=1, bias=False), layer(32), nn.LeakyReLU(0.1), nn.MaxPool2d(2)),
            *(nn.Flatten(), nn.Linear(32 * 49, 10)),
        )
        self.generator = nn.Sequential(
            *(nn.Linear(64, 128), nn.LeakyReLU(0.1), nn.Linear(128, 16 * 49), nn.LeakyReLU(0.1)),
            *(nn.Unflatten(1, (16, 7, 7)), nn.Upsample(scale_factor=2), nn.Conv2d(16, 16, 3, padding=1)),
            *(nn.LeakyReLU(0.1), nn.Upsample(scale_factor=2), nn.Conv2d(16, 1, 3, padding=1), nn.Tanh()),
        )
        self.steps = steps
        self.codes = nn.Parameter(torch.randn(steps, batch, 64).to(device))
        self.labels = torch.arange(batch, device=device) % 10
        self.real = Batch(torch.randn(256, 1, 28, 28).to(device), torch.arange(256, device=device) % 10)
        self.optimizer = SGD(steps, RATE, MOMENTUM, per_step=False)
        for module in (self.learner, self.generator, self.optimizer):
            module.to(device)
        self.meta_parameters = [*self.generator.parameters(), self.codes, *self.optimizer.parameters()]

    def batch(self, step):
        return Batch(self.generator(self.codes[step]), self.labels)


def plain(problem):
    learner = problem.learner.train()
    before = {name: tensor.clone() for name, tensor in learner.state_dict().items()}
    optimizer = torch.optim.SGD(learner.parameters(), RATE, MOMENTUM)
    with torch.no_grad():
        images = problem.batch(0).images
    for _ in range(problem.steps):
        optimizer.zero_grad()
        F.cross_entropy(learner(images), problem.labels).backward()
        optimizer.step()
    with torch.no_grad():
        learner(problem.real.images)
    learner.load_state_dict(before)


def naive(problem):
    learner = problem.learner.train()
    values = dict(learner.named_parameters())
    velocities = {name: torch.zeros_like(value) for name, value in values.items()}
    rate, momentum = problem.optimizer.learning_rate.at(0), problem.optimizer.momentum.at(0)
    for step in range(problem.steps):
        images, labels = problem.batch(step)
        loss = F.cross_entropy(torch.func.functional_call(learner, values, images), labels)
        gradients = torch.autograd.grad(loss, list(values.values()), create_graph=True)
        for (name, value), gradient in zip(values.items(), gradients, strict=True):
            velocities[name] = momentum * velocities[name] + gradient
            values = {**values, name: value - rate * velocities[name]}
    loss = F.cross_entropy(torch.func.functional_call(learner, values, problem.real.images), problem.real.labels)
    torch.autograd.grad(loss, problem.meta_parameters, allow_unused=True)


def by_torchopt(problem):
    import torchopt

    learner = problem.learner.train()
    before = torchopt.extract_state_dict(learner, by="reference")
    rate, momentum = problem.optimizer.learning_rate.at(0), problem.optimizer.momentum.at(0)
    optimizer = torchopt.MetaSGD(learner, lr=lambda _: rate, momentum=momentum)
    for step in range(problem.steps):
        images, labels = problem.batch(step)
        optimizer.step(F.cross_entropy(learner(images), labels))
    loss = F.cross_entropy(learner(problem.real.images), problem.real.labels)
    torch.autograd.grad(loss, problem.meta_parameters, allow_unused=True)
    torchopt.recover_state_dict(learner, before)


def by_higher(problem):
    import higher

    learner = problem.learner.train()
    rate, momentum = problem.optimizer.learning_rate.at(0), problem.optimizer.momentum.at(0)
    optimizer = torch.optim.SGD(learner.parameters(), RATE, MOMENTUM)
    settings = {"lr": [rate], "momentum": [momentum]}
    with higher.innerloop_ctx(learner, optimizer, override=settings, copy_initial_weights=True) as (taught, unrolled):
        for step in range(problem.steps):
            images, labels = problem.batch(step)
            unrolled.step(F.cross_entropy(taught(images), labels))
        loss = F.cross_entropy(taught(problem.real.images), problem.real.labels)
        torch.autograd.grad(loss, problem.meta_parameters, allow_unused=True)


def ours(memory):
    def meta_step(problem):
        # All variants judge by the statistics of the real batch: the one way that the peers have.
        learner = FunctionalLearner(problem.learner, batch_norm="batch")
        unroll = Unroll(learner, problem.steps, problem.batch, problem.optimizer)
        unroll.meta_gradient(problem.meta_parameters, {problem.steps: problem.real}, memory)

    return meta_step


META_STEPS = {
    "plain": plain,
    "naive": naive,
    "torchopt": by_torchopt,
    "higher": by_higher,
    "recompute": ours("recompute"),
    "store": ours("store"),
}


def peak_gigabytes(device):
    if device == "cpu":
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return torch.cuda.max_memory_allocated() / 2**30


def seconds_now(device):
    if device == "cpu":
        return process_time()
    torch.cuda.synchronize()
    return perf_counter()


def work(variant, steps, batch, norm, device):
    """Take one meta-step for each line on standard input and answer with its figures."""
    torch.set_num_threads(1)
    meta_step = META_STEPS[variant]
    meta_step(Problem(1, batch, norm, device))
    base, problem = peak_gigabytes(device), Problem(steps, batch, norm, device)
    for _ in sys.stdin:
        start = seconds_now(device)
        meta_step(problem)
        print(json.dumps([seconds_now(device) - start, peak_gigabytes(device) - base]), flush=True)


def measure(variants, steps, batch, norm, device, rounds):
    """Let the variants take turns; return seconds and gigabytes of each round, by variant."""
    workers = {variant: start_worker(variant, steps, batch, norm, device) for variant in variants}
    figures = {variant: [] for variant in variants}
    for _ in range(rounds):
        for variant, worker in workers.items():
            worker.stdin.write("\n")
            worker.stdin.flush()
            figures[variant].append(json.loads(worker.stdout.readline()))
    for worker in workers.values():
        worker.stdin.close()
        worker.wait()
    return figures


def report(figures, peer, problem, extrapolated):
    """Print a line for each variant."""
    for variant, found in figures.items():
        seconds = [one for one, _ in found]
        line = {
            **{"variant": variant, **problem},
            "seconds": round(median(seconds), 3),
            "ratio_to_torchopt": round(median(one / other for one, other in zip(seconds, peer, strict=True)), 3),
            "gigabytes": round(found[-1][1], 3),
            "extrapolated": extrapolated,
            "torch": torch.__version__,
        }
        print(json.dumps(line), flush=True)


def start_worker(variant, steps, batch, norm, device):
    settings = {"--worker": variant, "--steps": steps, "--batch": batch, "--norm": norm, "--device": device}
    command = [sys.executable, __file__, *(str(part) for pair in settings.items() for part in pair)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def profile(variant, steps, batch, norm):
    """Print where the processor's time of one meta-step goes, by torch's operations."""
    torch.set_num_threads(1)
    problem = Problem(steps, batch, norm, "cpu")
    META_STEPS[variant](problem)
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU]) as found:
        META_STEPS[variant](problem)
    print(found.key_averages().table(sort_by="self_cpu_time_total", row_limit=12, max_name_column_width=40))


def print_table(path):
    """Print the lines of a run as a table in Markdown."""
    print("| T | norm | variant | seconds | time / TorchOpt's | target | memory beyond one step, GB |")
    print("|---|---|---|---|---|---|---|")
    for text in Path(path).read_text().splitlines():
        line = json.loads(text)
        ratio = f"{line['ratio_to_torchopt']:.2f}" + ("*" if line["extrapolated"] else "")
        target = TARGETS.get((line["variant"], line["norm"]), "")
        cells = [line["steps"], NORMS[line["norm"]], line["variant"], f"{line['seconds']:.2f}", ratio, target]
        print("| " + " | ".join(map(str, [*cells, f"{line['gigabytes']:.2f}"])) + " |")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, nargs="+", default=[8, 32, 128])
    parser.add_argument("--norm", nargs="+", choices=["batch", "mean"], default=["batch", "mean"])
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument("--peers-up-to", type=int, default=32)
    parser.add_argument("--table", metavar="FILE", help="instead: a table of the lines in this file")
    parser.add_argument("--profile", choices=VARIANTS, help="instead: where the processor's time of one variant goes")
    parser.add_argument("--worker", choices=VARIANTS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        work(options.worker, options.steps[0], options.batch, options.norm[0], options.device)
        return
    if options.table:
        print_table(options.table)
        return
    if options.profile:
        profile(options.profile, options.steps[0], options.batch, options.norm[0])
        return
    for norm in options.norm:
        second_a_step = None
        for steps in sorted(options.steps):
            extrapolated = steps > options.peers_up_to and second_a_step is not None
            variants = [variant for variant in VARIANTS if not (extrapolated and variant in PEERS)]
            figures = measure(variants, steps, options.batch, norm, options.device, options.rounds)
            if extrapolated:
                peer = [steps * second_a_step] * options.rounds
            else:
                peer = [seconds for seconds, _ in figures["torchopt"]]
                second_a_step = median(peer) / steps
            sizes = {"steps": steps, "batch": options.batch, "norm": norm}
            problem = {**sizes, "device": options.device, "rounds": options.rounds}
            report(figures, peer, problem, extrapolated)


if __name__ == "__main__":
    main()
