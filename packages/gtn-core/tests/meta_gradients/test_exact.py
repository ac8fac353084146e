"""The meta-gradient against plain autograd through the whole inner loop.

The witness below shares nothing with the engine but the seeds: its learner is a copy of the network whose parameters
are replaced, step after step, by tensors that keep their history; its norm layers and weight norms are written out;
one backward pass goes through all steps.
"""

import copy
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.nn.utils.parametrizations import _WeightNorm, spectral_norm, weight_norm

from gtn_core.batch_norm import MeanOnlyBatchNorm
from gtn_core.curricula import ClosedLoopCurriculum, FullCurriculum
from gtn_core.functional_learner import FunctionalLearner
from gtn_core.generators import ImageGenerator
from gtn_core.inner_optimizers import SGD, Adam
from gtn_core.meta_gradients import ExactMetaGradient
from gtn_core.seeding import derive_seed
from gtn_core.typing import Batch, ClosedLoop
from gtn_core.unroll import Unroll

MODES = ("last_synthetic_batch", "running", "batch")
OPTIMIZERS = ("sgd", "momentum", "adam")


# --- The witness -----------------------------------------------------------------------------------------------------


class NaiveNorm(nn.Module):
    """Batch norm, mean-only batch norm and tracked instance norm, by their formulas."""

    def __init__(self, layer: nn.Module, mode: str):
        super().__init__()
        self.weight, self.bias = getattr(layer, "weight", None), layer.bias
        self.eps = getattr(layer, "eps", 0.0)
        self.centres_only = isinstance(layer, MeanOnlyBatchNorm)
        self.each_image = isinstance(layer, nn.InstanceNorm2d)
        self.mode, self.updates = mode, 0
        self.momentum = 1.0 if self.centres_only else layer.momentum
        self.mean, self.variance = layer.running_mean.clone(), getattr(layer, "running_var", torch.ones(())).clone()

    def forward(self, input):
        shape = (1, -1, *[1] * (input.dim() - 2))
        places = tuple(range(2, input.dim()))
        places = places if self.each_image else (0, *places)
        if self.training or self.mode == "batch":
            mean = input.mean(places, keepdim=True)
            variance = ((input - mean) ** 2).mean(places, keepdim=True)
            if self.training:
                self.remember(mean, variance, input.numel() // mean.numel())
        else:
            mean, variance = self.mean.view(shape), self.variance.view(shape)
        outputs = input - mean if self.centres_only else (input - mean) / torch.sqrt(variance + self.eps)
        outputs = outputs if self.weight is None else outputs * self.weight.view(shape)
        return outputs if self.bias is None else outputs + self.bias.view(shape)

    def remember(self, mean, variance, count):
        mean = mean.mean(0).flatten()
        variance = variance.mean(0).flatten() * count / (count - 1)
        if self.mode == "running":
            self.updates += 1
            share = 1 / self.updates if self.momentum is None else self.momentum
            mean = (1 - share) * self.mean + share * mean.detach()
            variance = (1 - share) * self.variance + share * variance.detach()
        self.mean, self.variance = mean, variance


class NaiveWeightNorm(nn.Module):
    """Magnitude times direction, for each output unit."""

    def forward(self, magnitude, direction):
        places = tuple(range(1, direction.dim()))
        return magnitude * direction / torch.sqrt((direction**2).sum(places, keepdim=True))


def written_out(layer: nn.Module, mode: str) -> nn.Module | None:
    """The witness's own form of a layer, where it needs one."""
    if isinstance(layer, _WeightNorm):
        return NaiveWeightNorm()
    if type(layer) is ActivatedBatchNorm:
        return nn.Sequential(NaiveNorm(layer, mode), nn.Tanh())
    stock = type(layer) in (nn.BatchNorm1d, nn.BatchNorm2d, nn.InstanceNorm2d, MeanOnlyBatchNorm)
    return (
        NaiveNorm(layer, mode) if stock and hasattr(layer, "running_mean") and layer.running_mean is not None else None
    )


class NaiveLearner:
    """A copy of a network with plain tensors in the places of its trainable parameters."""

    def __init__(self, network: nn.Module, mode: str):
        self.network = copy.deepcopy(network)
        for parent in list(self.network.modules()):
            for name, child in list(parent._modules.items()):
                if layer := written_out(child, mode):
                    setattr(parent, name, layer)
        places: dict[nn.Parameter, list[tuple[nn.Module, str]]] = {}
        for module in self.network.modules():
            for name, parameter in list(module._parameters.items()):
                if parameter is not None and parameter.requires_grad:
                    places.setdefault(parameter, []).append((module, name))
                    del module._parameters[name]
        self.places = list(places.values())
        self.put(list(places))

    def put(self, values):
        self.values = values
        for places, value in zip(self.places, values, strict=True):
            for module, name in places:
                vars(module)[name] = value


class NaiveSGD:
    def __init__(self, optimizer: SGD):
        self.optimizer, self.velocities = optimizer, None

    def __call__(self, step, values, gradients):
        if self.optimizer.momentum is not None and self.velocities is not None:
            momentum = torch.sigmoid(at(self.optimizer.momentum.raw, step))
            gradients = [momentum * v + g for v, g in zip(self.velocities, gradients, strict=True)]
        self.velocities = gradients
        rate = torch.exp(at(self.optimizer.learning_rate.raw, step))
        return [value - rate * v for value, v in zip(values, gradients, strict=True)]


class NaiveAdam:
    """Bias correction by the product of the decay rates so far."""

    def __init__(self, optimizer: Adam):
        self.optimizer, self.first, self.second = optimizer, None, None
        self.product1, self.product2 = 1.0, 1.0

    def __call__(self, step, values, gradients):
        optimizer = self.optimizer
        beta1 = torch.sigmoid(at(optimizer.first_decay.raw, step))
        beta2 = torch.sigmoid(at(optimizer.second_decay.raw, step))
        self.product1, self.product2 = self.product1 * beta1, self.product2 * beta2
        first, second = self.first or [0.0] * len(values), self.second or [0.0] * len(values)
        self.first = [beta1 * m + (1 - beta1) * g for m, g in zip(first, gradients, strict=True)]
        self.second = [beta2 * v + (1 - beta2) * g * g for v, g in zip(second, gradients, strict=True)]
        rate = torch.exp(at(optimizer.learning_rate.raw, step))
        return [
            value
            - rate
            * m
            / (1 - self.product1)
            / (torch.sqrt(v / (1 - self.product2) + optimizer.eps_root) + optimizer.eps)
            for value, m, v in zip(values, self.first, self.second, strict=True)
        ]


class NaiveBatches:
    """Batches that need no memory."""

    def __init__(self, batch: Callable[[int], Batch]):
        self.batch = batch

    def observe(self, labels, logits, loss):
        pass


class NaiveClosedLoop:
    """The closed-loop curriculum by its formulas, one class and one example at a time; its memory keeps its history."""

    def __init__(self, curriculum: ClosedLoopCurriculum, show: Callable[[Tensor], Tensor]):
        self.curriculum, self.show = curriculum, show
        self.hidden = torch.zeros(curriculum.remember.hidden_size, dtype=torch.float64)

    def batch(self, step):
        one, codes = self.curriculum, []
        advice = one.advise.weight @ self.hidden + one.advise.bias
        for code, label in zip(one.codes_TBZ[step], one.labels_TB[step].tolist(), strict=True):
            width = len(one.read.weight)
            wish = torch.tanh(one.read.weight @ code + advice[label * width : (label + 1) * width])
            codes.append(code + one.move.weight @ wish / width)
        return Batch(self.show(torch.stack(codes)), one.labels_TB[step])

    def observe(self, labels, logits, loss):
        rows = []
        for label in range(self.curriculum.classes):
            shown = [logit for logit, own in zip(logits, labels.tolist(), strict=True) if own == label]
            rows.append(sum(shown) / len(shown) if shown else torch.zeros_like(logits[0]))
        seen = torch.cat([*rows, loss.view(1)])
        seen = seen / (1 + seen.abs())
        unit, size = self.curriculum.remember, len(self.hidden)
        told = (unit.weight_ih @ seen + unit.bias_ih).split(size)
        kept = (unit.weight_hh @ self.hidden + unit.bias_hh).split(size)
        reset, update = torch.sigmoid(told[0] + kept[0]), torch.sigmoid(told[1] + kept[1])
        self.hidden = (1 - update) * torch.tanh(told[2] + reset * kept[2]) + update * self.hidden


def at(raw, step):
    return raw[min(step, len(raw) - 1)]


@dataclass
class Task:
    """One unroll, and what its meta-gradient is taken of."""

    network: nn.Module
    mode: str
    steps: int
    batch: Callable[[int], Batch] | ClosedLoop
    optimizer: SGD | Adam
    meta_parameters: list[Tensor]
    meta_batches: dict[int, Batch]
    seed: int = 0
    naive_batches: Callable[[], NaiveClosedLoop] | None = None

    def unroll(self) -> Unroll:
        return Unroll(FunctionalLearner(self.network, self.mode), self.steps, self.batch, self.optimizer, self.seed)

    def exact(self, memory="recompute") -> list[Tensor]:
        """The engine's meta-loss and meta-gradient."""
        found = ExactMetaGradient(memory)(self.unroll(), self.meta_parameters, self.meta_batches)
        return [found.meta_loss, *found.gradients]

    def naive(self) -> list[Tensor]:
        """The witness's."""
        learner = NaiveLearner(self.network, self.mode)
        update = (NaiveSGD if isinstance(self.optimizer, SGD) else NaiveAdam)(self.optimizer)
        source = self.naive_batches() if self.naive_batches else NaiveBatches(self.batch)
        total = torch.zeros((), dtype=torch.float64)
        for step in range(self.steps):
            images, labels = source.batch(step)
            with torch.random.fork_rng([]), sdpa_kernel(SDPBackend.MATH):
                torch.manual_seed(derive_seed(self.seed, "inner step", step))
                logits = learner.network.train()(images)
            loss = F.cross_entropy(logits, labels)
            source.observe(labels, logits, loss)
            gradients = torch.autograd.grad(loss, learner.values, create_graph=True, allow_unused=True)
            given_ = zip(gradients, learner.values, strict=True)
            gradients = [torch.zeros_like(value) if gradient is None else gradient for gradient, value in given_]
            learner.put(update(step, learner.values, gradients))
            if step + 1 in self.meta_batches:
                images, labels = self.meta_batches[step + 1]
                total = total + F.cross_entropy(learner.network.eval()(images), labels)
        found = torch.autograd.grad(total, self.meta_parameters, allow_unused=True)
        zeros = [torch.zeros_like(parameter) for parameter in self.meta_parameters]
        return [total, *(zero if gradient is None else gradient for gradient, zero in zip(found, zeros, strict=True))]


# --- Networks --------------------------------------------------------------------------------------------------------


class ActivatedBatchNorm(nn.BatchNorm2d):
    """A subclass that does more than its base."""

    def forward(self, inputs):
        return super().forward(inputs).tanh()


class FrozenBatchNorm(nn.BatchNorm2d):
    """Stays in evaluation mode, whatever it is told."""

    def __init__(self, channels):
        super().__init__(channels)
        nn.init.normal_(self.running_mean)
        self.eval()

    def train(self, mode=True):
        return super().train(False)


class Twice(nn.Module):
    """One norm layer, met twice in a pass."""

    def __init__(self, channels):
        super().__init__()
        self.norm = nn.BatchNorm2d(channels)

    def forward(self, inputs):
        return self.norm(torch.tanh(self.norm(input=inputs)) ** 2 + inputs)


class InPlaceBuffer(nn.Module):
    """Scales by a running quantity that is changed in place."""

    def __init__(self):
        super().__init__()
        self.register_buffer("seen", torch.zeros(()))
        self.register_buffer("calls", torch.zeros((), dtype=torch.long))

    def forward(self, inputs):
        if self.training:
            with torch.no_grad():
                self.seen.mul_(0.5).add_(inputs.std())
                self.calls += 1
        return inputs * (1 + self.seen) / (1 + self.calls)


class ReassignedBuffer(nn.Module):
    """Scales by a running quantity that is replaced at each call."""

    def __init__(self):
        super().__init__()
        self.register_buffer("seen", torch.zeros(()))

    def forward(self, inputs):
        if self.training:
            self.seen = 0.5 * self.seen + inputs.detach().std()
        return inputs * (1 + self.seen)


class Attention(nn.Module):
    """Image rows as tokens."""

    def __init__(self, channels, width):
        super().__init__()
        self.embed = nn.Linear(channels * width, 4)
        self.layer = nn.TransformerEncoderLayer(4, 2, 6, dropout=0.2, batch_first=True)

    def forward(self, images):
        return self.layer(self.embed(images.transpose(1, 2).flatten(2))).mean(1)


class SideBranch(nn.Module):
    """Has a parameter that the loss does not reach."""

    def __init__(self):
        super().__init__()
        self.unused = nn.Linear(2, 2)

    def forward(self, inputs):
        return inputs


def head(shape, classes, *, width=3):
    return [nn.Flatten(), nn.Linear(width * math.prod(shape[1:]), classes)]


def plain(shape, classes):
    layers = [nn.Conv2d(shape[0], 3, 3, padding=1), nn.LeakyReLU(0.1), nn.MaxPool2d(2, 1), nn.Flatten()]
    return nn.Sequential(*layers, nn.Linear(3 * (shape[1] - 1) * (shape[2] - 1), classes))


def with_weight_norm(shape, classes):
    network = plain(shape, classes)
    weight_norm(network[0])
    weight_norm(network[4])
    return network


def with_spectral_norm(shape, classes):
    network = plain(shape, classes)
    spectral_norm(network[0])
    return network


def normed(*layers):
    """A convolution, then layers of three channels."""
    return lambda shape, classes: nn.Sequential(
        nn.Conv2d(shape[0], 3, 3, padding=1), *(layer() for layer in layers), nn.Tanh(), *head(shape, classes)
    )


def papers(shape, classes):
    """Weight norm and mean-only batch norm everywhere."""
    width = 3 * math.prod(shape[1:])
    return nn.Sequential(
        weight_norm(nn.Conv2d(shape[0], 3, 3, padding=1, bias=False)),
        MeanOnlyBatchNorm(3),
        nn.LeakyReLU(0.1),
        nn.Flatten(),
        weight_norm(nn.Linear(width, 4, bias=False)),
        MeanOnlyBatchNorm(4),
        nn.LeakyReLU(0.1),
        weight_norm(nn.Linear(4, classes)),
    )


def many_norms(shape, classes):
    return nn.Sequential(
        weight_norm(nn.Conv2d(shape[0], 2, 3, padding=1)),
        nn.BatchNorm2d(2),
        nn.LeakyReLU(0.1),
        nn.Conv2d(2, 3, 3, padding=1),
        nn.InstanceNorm2d(3, affine=True, track_running_stats=True),
        nn.Dropout(0.2),
        nn.Flatten(),
        nn.Linear(3 * math.prod(shape[1:]), 4),
        nn.BatchNorm1d(4),
        nn.Tanh(),
        nn.Linear(4, classes),
        MeanOnlyBatchNorm(classes),
    )


def with_dropout(shape, classes):
    network = nn.Sequential(nn.Dropout2d(0.3), *plain(shape, classes))
    network.append(nn.Dropout(0.3))
    return network


def tied(shape, classes):
    """A weight, a weight-normalised direction and a whole layer in two places each."""
    size = math.prod(shape)
    a, b, c, d = nn.Linear(size, size), nn.Linear(size, size), nn.Linear(size, size), nn.Linear(size, size)
    b.weight = a.weight
    weight_norm(c)
    weight_norm(d)
    d.parametrizations.weight.original1 = c.parametrizations.weight.original1
    return nn.Sequential(nn.Flatten(), a, nn.Tanh(), b, nn.Tanh(), c, d, nn.Tanh(), a, nn.Linear(size, classes))


def frozen(shape, classes):
    network = with_weight_norm(shape, classes)
    network[0].parametrizations.weight.original0.requires_grad_(False)
    network[4].bias.requires_grad_(False)
    return network


def unreached(shape, classes):
    return nn.Sequential(plain(shape, classes), SideBranch())


def with_attention(shape, classes):
    return nn.Sequential(Attention(shape[0], shape[2]), nn.Linear(4, classes))


WITHOUT_STATISTICS = {
    "plain": plain,
    "weight norm": with_weight_norm,
    "spectral norm": with_spectral_norm,
    "dropout": with_dropout,
    "tied": tied,
    "frozen": frozen,
    "unreached": unreached,
    "attention": with_attention,
    "buffer in place": normed(InPlaceBuffer),
    "buffer re-assigned": normed(ReassignedBuffer),
    "untracked norms": normed(
        lambda: nn.BatchNorm2d(3, track_running_stats=False), lambda: nn.InstanceNorm2d(3, affine=True)
    ),
    "frozen batch norm": normed(lambda: FrozenBatchNorm(3)),
}
WITH_STATISTICS = {
    "batch norm": normed(lambda: nn.BatchNorm2d(3)),
    "batch norm, not affine": normed(lambda: nn.BatchNorm2d(3, affine=False)),
    "batch norm, cumulative": normed(lambda: nn.BatchNorm2d(3, momentum=None)),
    "batch norm, activated": normed(lambda: ActivatedBatchNorm(3)),
    "batch norm, twice": normed(lambda: Twice(3)),
    "instance norm": normed(lambda: nn.InstanceNorm2d(3, track_running_stats=True)),
    "paper's": papers,
    "many norms": many_norms,
}
NETWORKS = WITHOUT_STATISTICS | WITH_STATISTICS


# --- Tasks -----------------------------------------------------------------------------------------------------------


def make_optimizer(kind, steps, per_step, generator):
    if kind == "adam":
        optimizer = Adam(steps, 0.1, (0.8, 0.9), eps_root=1e-6, per_step=per_step)
    else:
        optimizer = SGD(steps, 0.3, 0.7 if kind == "momentum" else 0.0, per_step=per_step)
    optimizer.double()
    with torch.no_grad():
        for raw in optimizer.parameters():
            raw += 0.2 * torch.randn(raw.shape, generator=generator, dtype=raw.dtype)
    return optimizer


def make_task(
    network,
    mode,
    kind,
    *,
    per_step=True,
    steps=3,
    batch=4,
    sides=(4, 4),
    channels=1,
    classes=3,
    every=None,
    soft=False,
    seed=0,
) -> Task:
    """Codes, a small generator and an inner optimizer as meta-parameters; a meta-loss at the end and every k steps."""
    generator = torch.Generator().manual_seed(seed)

    def normal(*size):
        return torch.randn(*size, generator=generator, dtype=torch.float64)

    shape = (channels, *sides)
    torch.manual_seed(seed)
    learner = NETWORKS[network](shape, classes).double()
    optimizer = make_optimizer(kind, steps, per_step, generator)
    codes, weights = normal(steps, batch, 5).requires_grad_(), normal(5, math.prod(shape)).requires_grad_()
    scores = normal(steps, batch, classes).requires_grad_()
    judged = {steps, *range(every or steps, steps, every or steps)}

    def synthetic(step):
        images = torch.tanh(codes[step] @ weights).view(batch, *shape)
        return Batch(images, scores[step].softmax(-1) if soft else torch.arange(batch) % classes)

    def real():
        return Batch(normal(batch + 1, *shape), torch.arange(batch + 1) % classes)

    meta_parameters = [codes, weights, *([scores] if soft else []), *optimizer.parameters()]
    meta_batches = {step: real() for step in judged}
    return Task(learner, mode, steps, synthetic, optimizer, meta_parameters, meta_batches, seed)


class ShownCodes(NamedTuple):
    """A closed loop whose codes a generator of one layer shows."""

    curriculum: ClosedLoopCurriculum
    show: Callable[[Tensor], Tensor]

    def start(self):
        return self.curriculum.start()

    def batch(self, step, memory):
        codes, labels = self.curriculum.moved(step, memory)
        return Batch(self.show(codes), labels)

    def observe(self, memory, batch, logits, loss):
        return self.curriculum.observe(memory, batch.labels, logits, loss)


def closed_loop_task(network, mode, kind, *, steps=4, batch=5, classes=4, **sizes) -> Task:
    """A task whose codes a closed loop moves, some way from where it starts; a class may be absent from a batch."""
    task = make_task(network, mode, kind, steps=steps, batch=batch, classes=classes, **sizes)
    curriculum = ClosedLoopCurriculum(steps, batch, 5, classes).double()
    nn.init.normal_(curriculum.move.weight, std=10.0)
    weights = task.meta_parameters[1]

    def show(codes):
        return torch.tanh(codes @ weights).view_as(task.batch(0).images)

    meta_parameters = [*curriculum.parameters(), weights, *task.optimizer.parameters()]
    return replace(
        task,
        batch=ShownCodes(curriculum, show),
        meta_parameters=meta_parameters,
        naive_batches=lambda: NaiveClosedLoop(curriculum, show),
    )


SIZES = st.fixed_dictionaries(
    {
        "per_step": st.booleans(),
        "steps": st.integers(1, 4),
        "batch": st.integers(4, 6),
        "sides": st.tuples(st.integers(3, 6), st.integers(3, 6)),
        "channels": st.integers(1, 2),
        "classes": st.integers(2, 3),
        "every": st.sampled_from([None, 1, 2]),
        "soft": st.booleans(),
        "seed": st.integers(0, 1000),
    }
)


def check(task, relative_error):
    recomputed, stored = task.exact("recompute"), task.exact("store")
    assert relative_error(recomputed, task.naive()) <= 1e-9
    assert relative_error(stored, recomputed) <= 1e-12


# --- Tests -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("network", WITHOUT_STATISTICS)
@given(sizes=SIZES, mode=st.sampled_from(MODES), kind=st.sampled_from(OPTIMIZERS))
@settings(max_examples=6)
def test_equals_plain_autograd_for_any_network(network, mode, kind, sizes, relative_error):
    check(make_task(network, mode, kind, **sizes), relative_error)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("network", WITH_STATISTICS)
@given(sizes=SIZES, kind=st.sampled_from(OPTIMIZERS))
@settings(max_examples=5)
def test_equals_plain_autograd_in_every_batch_norm_mode(network, mode, kind, sizes, relative_error):
    check(make_task(network, mode, kind, **sizes), relative_error)


@pytest.mark.parametrize("per_step", [True, False], ids=["per step", "global"])
@pytest.mark.parametrize("kind", OPTIMIZERS)
@pytest.mark.parametrize("network", ["paper's", "many norms", "unreached"])
def test_equals_plain_autograd_for_every_inner_optimizer(network, kind, per_step, relative_error):
    check(make_task(network, "last_synthetic_batch", kind, per_step=per_step, every=2, soft=True), relative_error)


@pytest.mark.parametrize("mode", MODES)
def test_equals_plain_autograd_through_the_image_generator(mode, relative_error):
    generator = ImageGenerator(image_shape=(1, 9, 8), classes=3, code_size=4, hidden=6, channels=(4, 3)).double()
    curriculum = FullCurriculum(steps=3, batch=5, code_size=4, classes=3).double()
    optimizer = make_optimizer("momentum", 3, True, torch.Generator().manual_seed(0))
    meta_parameters = [*generator.parameters(), *curriculum.parameters(), *optimizer.parameters()]

    def synthetic(step):
        codes, labels = curriculum(step, 0)
        return Batch(generator(codes, labels), labels)

    real = {step: Batch(torch.randn(6, 1, 9, 8).double(), torch.arange(6) % 3) for step in (1, 2, 3)}
    check(Task(papers((1, 9, 8), 3).double(), mode, 3, synthetic, optimizer, meta_parameters, real), relative_error)


@pytest.mark.parametrize("network", ["plain", "paper's", "many norms", "dropout", "tied"])
@given(
    mode=st.sampled_from(MODES),
    kind=st.sampled_from(OPTIMIZERS),
    steps=st.integers(1, 4),
    batch=st.integers(3, 5),
    every=st.sampled_from([None, 1, 2]),
    seed=st.integers(0, 1000),
)
@settings(max_examples=6)
def test_equals_plain_autograd_through_a_closed_loop(network, mode, kind, steps, batch, every, seed, relative_error):
    check(closed_loop_task(network, mode, kind, steps=steps, batch=batch, every=every, seed=seed), relative_error)


def test_the_meta_gradient_reaches_all_that_a_closed_loop_learns():
    task = closed_loop_task("plain", "running", "momentum")
    assert all(gradient.any() for gradient in task.exact()[1:])


@pytest.mark.parametrize("memory", ["recompute", "store"])
def test_steps_after_the_last_meta_loss_change_nothing(memory, relative_error):
    task = make_task("many norms", "last_synthetic_batch", "momentum", steps=4, every=2)
    del task.meta_batches[4]
    assert relative_error(task.exact(memory), task.naive()) <= 1e-9
    codes = task.exact(memory)[1]
    assert codes[:2].abs().min() > 0
    assert not codes[2:].any()


@pytest.mark.parametrize("memory", ["recompute", "store"])
def test_zero_for_what_the_meta_loss_does_not_depend_on(memory):
    task = make_task("plain", "running", "sgd")
    stranger = torch.ones(2, 3, dtype=torch.float64, requires_grad=True)
    found = task.unroll().meta_gradient([stranger, *task.meta_parameters], task.meta_batches, memory)
    assert torch.equal(found.gradients[0], torch.zeros(2, 3, dtype=torch.float64))
    assert all(gradient.any() for gradient in found.gradients[1:])


@pytest.mark.parametrize("memory", ["recompute", "store"])
def test_zero_when_the_batches_are_constants_and_the_learner_cannot_move(memory):
    task = make_task("plain", "running", "momentum")
    fixed = Task(**{**vars(task), "batch": lambda step: Batch(*(part.detach() for part in task.batch(step)))})
    codes, weights = fixed.exact(memory)[1:3]
    assert not codes.any()
    assert not weights.any()


def test_without_meta_losses_everything_is_zero():
    task = make_task("plain", "running", "momentum")
    task.meta_batches.clear()
    assert not any(tensor.any() for tensor in task.exact())


@pytest.mark.parametrize("step", [0, 4, -1])
def test_refuses_to_judge_a_step_outside_the_unroll(step):
    task = make_task("plain", "running", "momentum", steps=3)
    task.meta_batches[step] = task.meta_batches[3]
    with pytest.raises(ValueError, match=rf"steps 1 to 3; got \[{step}\]"):
        task.exact()


@pytest.mark.parametrize("memory", ["recompute", "store"])
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("network", ["many norms", "buffer in place", "buffer re-assigned", "tied", "spectral norm"])
def test_leaves_network_and_meta_parameters_as_they_were(network, mode, memory):
    task = make_task(network, mode, "momentum")
    before = copy.deepcopy(task.network.state_dict())
    meta_before = [parameter.detach().clone() for parameter in task.meta_parameters]
    parameters = dict(task.network.named_parameters())
    task.exact(memory)
    after = task.network.state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert all(a is b for a, b in zip(parameters.values(), task.network.parameters(), strict=True))
    assert all(torch.equal(a, b) for a, b in zip(meta_before, task.meta_parameters, strict=True))
    assert all(tensor.grad is None for tensor in (*task.network.parameters(), *task.meta_parameters))


@pytest.mark.parametrize("memory", ["recompute", "store"])
def test_repeats_itself_and_leaves_the_global_randomness_alone(memory):
    task = make_task("dropout", "running", "momentum")
    first, state = task.exact(memory), torch.get_rng_state()
    torch.rand(3)
    torch.set_rng_state(state)
    second = task.exact(memory)
    assert all(torch.equal(a, b) for a, b in zip(first, second, strict=True))
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize("memory", ["recompute", "store"])
def test_works_where_gradients_are_switched_off(memory, relative_error):
    task = make_task("many norms", "last_synthetic_batch", "momentum")
    expected = task.exact(memory)
    with torch.no_grad():
        assert relative_error(task.exact(memory), expected) == 0


def test_dropout_differs_between_steps_and_seeds():
    task = make_task("dropout", "running", "sgd")
    other = Task(**{**vars(task), "seed": 1})
    assert task.exact()[0] != other.exact()[0]
