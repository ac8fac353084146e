"""What an outer step costs in seconds and in memory: measured, fitted, and checked on points that were not in the fit.

    python packages/gtn-core/benchmarks/cost_model.py > costs.jsonl
    python packages/gtn-core/benchmarks/cost_model.py --fit costs.jsonl

One learner's meta-gradient on a CPU, one thread, seconds of CPU time, so that other work on the machine counts little.
The model, with T inner steps of B images and n graphs held at once (1 for `recompute`, T for `store`):

    seconds = a + b T + c (T B (L + G) + R L / 4), times m for `store`
    bytes   = (T + 1) S + n B (e A + f H) + g R A

L and G are the floating-point operations of a learner and of the generator for an image, forward; R real images judge
the learner, by a forward and a backward pass, a quarter of what an inner step does with an image. S is the learner's
state (parameters and momenta), A and H the bytes that the layers of learner and generator give out for an image.

Fitted by least squares of logarithms. Of the forms that were tried these two told best of a point that was left out of
the fit, each point in its turn; those that are never in a fit had no say in it.
"""

import argparse
import gc
import json
from math import log
from pathlib import Path
from time import process_time

import numpy as np
import torch
from scipy.optimize import least_squares
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from gtn_core.functional_learner import FunctionalLearner
from gtn_core.generators import ImageGenerator
from gtn_core.inner_optimizers import SGD
from gtn_core.layers import convolution_block
from gtn_core.typing import Batch
from gtn_core.unroll import Unroll

IMAGE, CLASSES, CODE, REAL = (1, 16, 16), 10, 32, 64
REPEATS = 2

# T, B, channels of the learner, hidden units of the generator, memory
POINTS = [
    (4, 16, 8, 64, "recompute"),
    (16, 16, 8, 64, "recompute"),
    (4, 64, 8, 64, "recompute"),
    (4, 16, 32, 64, "recompute"),
    (4, 16, 8, 512, "recompute"),
    (8, 32, 16, 128, "recompute"),
    (16, 32, 16, 64, "recompute"),
    (4, 64, 16, 256, "recompute"),
    (4, 16, 8, 64, "store"),
    (8, 32, 8, 128, "store"),
    (8, 16, 32, 64, "store"),
    (4, 64, 16, 256, "store"),
]
HELD_OUT = [(12, 48, 24, 128, "recompute"), (12, 24, 12, 256, "store")]


class Saved:
    """A tensor that a graph has saved; counted for as long as the graph lives, and once however often it is saved."""

    storages, now, peak = {}, 0, 0

    def __init__(self, tensor):
        self.tensor, storage = tensor, tensor.untyped_storage()
        self.key, self.size = storage.data_ptr(), storage.nbytes()
        Saved.storages[self.key] = Saved.storages.get(self.key, 0) + 1
        if Saved.storages[self.key] == 1:
            Saved.now += self.size
            Saved.peak = max(Saved.peak, Saved.now)

    def __del__(self):
        Saved.storages[self.key] -= 1
        if not Saved.storages[self.key]:
            Saved.now -= self.size


def make(steps, batch, channels, hidden):
    """Return an unroll, its meta-parameters, its real batch, and the two networks."""
    torch.manual_seed(0)
    generator = ImageGenerator(image_shape=IMAGE, classes=CLASSES, code_size=CODE, hidden=hidden, channels=(32, 16))
    learner = nn.Sequential(
        convolution_block(1, channels),
        convolution_block(channels, 2 * channels, stride=2),
        nn.Flatten(),
        nn.Linear(2 * channels * 64, CLASSES),
    )
    codes, labels = nn.Parameter(torch.randn(steps, batch, CODE)), torch.arange(batch) % CLASSES
    optimizer = SGD(steps)
    real = {steps: Batch(torch.randn(REAL, *IMAGE), torch.arange(REAL) % CLASSES)}
    unroll = Unroll(
        FunctionalLearner(learner), steps, lambda step: Batch(generator(codes[step], labels), labels), optimizer
    )
    return unroll, [*generator.parameters(), codes, *optimizer.parameters()], real, learner, generator


def measured(steps, batch, channels, hidden, memory):
    """Return a point with its sizes, seconds and bytes."""
    unroll, parameters, real, learner, generator = make(steps, batch, channels, hidden)
    unroll.meta_gradient(parameters, real, memory)
    gc.collect()
    Saved.storages, Saved.now, Saved.peak = {}, 0, 0
    with torch.autograd.graph.saved_tensors_hooks(Saved, lambda saved: saved.tensor):
        unroll.meta_gradient(parameters, real, memory)
    graphs, start = Saved.peak, process_time()
    for _ in range(REPEATS):
        unroll.meta_gradient(parameters, real, memory)
    seconds = (process_time() - start) / REPEATS
    labels = torch.arange(batch) % CLASSES
    taught, made = sized(learner, torch.randn(batch, *IMAGE)), sized(generator, torch.randn(batch, CODE), labels)
    point = {"T": steps, "B": batch, "channels": channels, "hidden": hidden, "memory": memory, "R": REAL}
    sizes = {"L": taught[0], "A": taught[1], "P": taught[2], "G": made[0], "H": made[1], "Q": made[2]}
    state = 2 * taught[2]
    return {**point, **sizes, "S": state, "seconds": round(seconds, 5), "bytes": graphs + (steps + 1) * state}


def sized(network, *inputs):
    """Return floating-point operations and bytes given out by layers, each for an image, and bytes of parameters."""
    given = []
    hooks = [
        layer.register_forward_hook(lambda layer, arguments, output: given.append(output.nbytes))
        for layer in network.modules()
        if not list(layer.children())
    ]
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network(*inputs)
    for hook in hooks:
        hook.remove()
    count = len(inputs[0])
    parameters = sum(parameter.nbytes for parameter in network.parameters())
    return counter.get_total_flops() / count, sum(given) / count, parameters


def seconds(point, a, b, c, m):
    T, B, L = point["T"], point["B"], point["L"]
    passes = T * B * (L + point["G"]) + point["R"] * L / 4
    return (a + b * T + c * passes) * (m if point["memory"] == "store" else 1.0)


def size(point, e, f, g):
    n = point["T"] if point["memory"] == "store" else 1
    graphs = n * point["B"] * (e * point["A"] + f * point["H"]) + g * point["R"] * point["A"]
    return (point["T"] + 1) * point["S"] + graphs


MODELS = {  # what is measured: the model, and where the search for its coefficients begins
    "seconds": (seconds, {"a": 0.01, "b": 0.01, "c": 1e-9, "m": 1.0}),
    "bytes": (size, {"e": 1.0, "f": 1.0, "g": 1.0}),
}


def fitted(points, what):
    """Return the coefficients of a model; all are positive."""
    model, start = MODELS[what]

    def errors(logarithms):
        return [log(model(one, *np.exp(logarithms)) / one[what]) for one in points]

    return np.exp(least_squares(errors, np.log(list(start.values()))).x)


def compared(points, what, coefficients):
    """Yield every point with the model's figure in units of the measured one, and without that point in the fit."""
    model, _ = MODELS[what]
    used = [one for one in points if not one["held_out"]]
    for one in points:
        shape = {key: one[key] for key in ("T", "B", "channels", "hidden", "memory", "held_out")}
        without = fitted([other for other in used if other is not one], what)
        ratios = [round(model(one, *found) / one[what], 3) for found in (coefficients, without)]
        told = dict(zip(("model / measured", "left out"), ratios, strict=True))
        yield {"model": what, **shape, "measured": one[what], **told}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fit", type=Path, metavar="LINES", help="fit what was measured before")
    options = parser.parse_args()
    torch.set_num_threads(1)
    if not options.fit:
        for place, point in enumerate([*POINTS, *HELD_OUT]):
            print(json.dumps({**measured(*point), "held_out": place >= len(POINTS)}), flush=True)
        return
    lines = [json.loads(line) for line in options.fit.read_text().splitlines()]
    for what, (_, start) in MODELS.items():
        found = fitted([line for line in lines if not line["held_out"]], what)
        coefficients = {name: float(f"{one:.3g}") for name, one in zip(start, found, strict=True)}
        print(json.dumps({"model": what, **coefficients}))
        for line in compared(lines, what, found):
            print(json.dumps(line))


if __name__ == "__main__":
    main()
