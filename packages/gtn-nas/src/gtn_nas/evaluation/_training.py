"""A few steps of training in place, and the judgement on real data after them.

`gtn_core.unroll.Unroll` keeps a learner's states as dictionaries, because a meta-gradient needs them. A score needs
none, so here the network itself is trained, by the same pure update and with the same seeds: the figures are
those of `gtn_core.few_step_accuracy` for the same network, to rounding, at the cost of the plain steps.
"""

from collections.abc import Callable
from math import isfinite
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _NormBase

from gtn_core.batch_norm import by_evaluation_batch, normalization_layers
from gtn_core.data import Split
from gtn_core.seeding import derive_seed, seeded
from gtn_core.typing import BatchFunction, BatchNormMode, ClosedLoop, InnerOptimizer, Tensors

MEMORY_FORMAT = torch.channels_last
"""Of images and weights: on a CPU, small cells then take about two thirds of the time; the figures are the same."""

CHUNK = 1000
"""Images judged at once, at most, as in `gtn_core.few_step_accuracy`: batch-norm mode `batch` depends on it."""


class Course(NamedTuple):
    """What a fresh network goes through.

    Attributes:
        steps: T.
        source: where its batches come from.
        optimizer: makes the update of each step.
        batch_norm: what its batch norm uses when it is judged.
        seed: of its own randomness, such as dropout.
    """

    steps: int
    source: BatchFunction | ClosedLoop
    optimizer: InnerOptimizer
    batch_norm: BatchNormMode
    seed: int


class Judgement(NamedTuple):
    """Accuracy and mean cross entropy on real images."""

    accuracy: float
    loss: float

    @property
    def finite(self) -> bool:
        """Whether the network still returns numbers."""
        return isfinite(self.loss)


def train(network: nn.Module, course: Course, after_step: Callable[[int], None]) -> Tensor:
    """Train a network in place.

    Args:
        network: fresh; in batch-norm mode `last_synthetic_batch` its layers then keep the last batch's statistics.
        course: what it goes through.
        after_step: called with the number of steps done, from 1 to T; may judge the network.

    Returns:
        The training loss `[T]` of every step, before its update.
    """
    if course.batch_norm == "last_synthetic_batch":
        _keep_last_statistics(network)
    parameters: Tensors = {name: tensor for name, tensor in network.named_parameters() if tensor.requires_grad}
    source, optimizer = course.source, course.optimizer
    with torch.no_grad():
        state = optimizer.init(parameters)
        memory = {} if callable(source) else source.start()
    losses = []
    for step in range(course.steps):
        with torch.no_grad():
            batch = source(step) if callable(source) else source.batch(step, memory)
        network.train()
        images = batch.images.contiguous(memory_format=MEMORY_FORMAT)
        with seeded(derive_seed(course.seed, "inner step", step), images.device):
            logits = network(images)
        loss = F.cross_entropy(logits, batch.labels)
        found = torch.autograd.grad(loss, list(parameters.values()), allow_unused=True, materialize_grads=True)
        with torch.no_grad():
            gradients = dict(zip(parameters, found, strict=True))
            moved, state = optimizer.update(step, parameters, gradients, state)
            for name, parameter in parameters.items():
                parameter.copy_(moved[name])
            if not callable(source):
                memory = source.observe(memory, batch, logits, loss)
        losses.append(loss.detach())
        after_step(step + 1)
    return torch.stack(losses)


@torch.no_grad()
def judge(network: nn.Module, split: Split, batch_norm: BatchNormMode) -> Judgement:
    """Return accuracy and loss of a network on real images; it is left in evaluation mode."""
    if batch_norm == "batch":
        with by_evaluation_batch(network, normalization_layers(network)):
            return _judged(network, split)
    network.eval()
    return _judged(network, split)


def _judged(network: nn.Module, split: Split) -> Judgement:
    correct = torch.zeros((), dtype=torch.int64, device=split.labels.device)
    loss = torch.zeros((), dtype=torch.float64, device=split.labels.device)
    for images, labels in split.chunks(CHUNK):
        logits = network(images)
        correct += (logits.argmax(dim=1) == labels).sum()
        loss += F.cross_entropy(logits, labels, reduction="sum")
    return Judgement(int(correct) / len(split), float(loss) / len(split))


def _keep_last_statistics(network: nn.Module) -> None:
    for layer in normalization_layers(network).values():
        if isinstance(layer, _NormBase):  # the mean-only layer keeps nothing else anyway
            layer.momentum = 1.0
