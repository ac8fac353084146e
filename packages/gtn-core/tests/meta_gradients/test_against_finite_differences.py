"""The meta-gradient against central differences of plain training with torch's own modules and optimizers.

Nothing here is differentiated but the loss of one batch: the network is trained in place, its hyper-parameters set anew before every step. All is
smooth (tanh, average pooling), so the differences converge.
"""

import copy

import pytest
import torch
import torch.nn.functional as F
from gtn_core.batch_norm import MeanOnlyBatchNorm
from gtn_core.functional_learner import FunctionalLearner
from gtn_core.inner_optimizers import SGD, Adam
from gtn_core.typing import Batch
from gtn_core.unroll import Unroll
from torch import nn
from torch.nn.utils.parametrizations import weight_norm

STEPS, BATCH, CLASSES, SHAPE, CODE = 3, 6, 3, (2, 6, 5), 4
STEP_SIZE = 1e-5


def smooth(norm=nn.Identity):
    return lambda: nn.Sequential(
        nn.Conv2d(2, 4, 3, padding=1), norm(4), nn.Tanh(), nn.AvgPool2d(2), nn.Flatten(), nn.Linear(24, CLASSES)
    )


def weight_normalised():
    network = smooth(MeanOnlyBatchNorm)()
    weight_norm(network[0])
    weight_norm(network[5])
    return network


def last_batch_norm(channels):
    # With momentum 1 a stock layer in evaluation mode normalises by its last training batch.
    return nn.BatchNorm2d(channels, momentum=1.0)


CASES = {
    "plain": (smooth(), "running"),
    "weight norm and mean-only batch norm": (weight_normalised, "last_synthetic_batch"),
    "batch norm by the last synthetic batch": (smooth(last_batch_norm), "last_synthetic_batch"),
    "batch norm by the evaluation batch": (smooth(nn.BatchNorm2d), "batch"),
    "tracked instance norm by the last synthetic batch": (
        smooth(lambda channels: nn.InstanceNorm2d(channels, momentum=1.0, track_running_stats=True)),
        "last_synthetic_batch",
    ),
}


def make_meta_parameters(kind):
    meta_parameters = {"codes": torch.randn(STEPS, BATCH, CODE), "weights": torch.randn(CODE, 60), "rates": torch.full((STEPS,), -1.6)}
    if kind == "momentum":
        meta_parameters["momenta"] = torch.randn(STEPS)
    if kind == "adam":
        meta_parameters["betas"] = torch.tensor([1.0, 2.0])
    return {name: value.double() for name, value in meta_parameters.items()}


def batch_of(meta_parameters, step):
    images = torch.tanh(meta_parameters["codes"][step] @ meta_parameters["weights"]).view(BATCH, *SHAPE)
    return Batch(images, torch.arange(BATCH) % CLASSES)


def trained_loss(network, mode, kind, real, meta_parameters):
    """The meta-loss by training a copy of the network in place."""
    network = copy.deepcopy(network)
    if kind == "adam":
        optimizer = torch.optim.Adam(network.parameters(), betas=tuple(meta_parameters["betas"].sigmoid().tolist()), eps=1e-3)
    else:
        optimizer = torch.optim.SGD(network.parameters(), lr=1.0)
    total = 0.0
    for step in range(STEPS):
        optimizer.param_groups[0]["lr"] = float(meta_parameters["rates"][step].exp())
        if kind == "momentum":
            optimizer.param_groups[0]["momentum"] = float(meta_parameters["momenta"][step].sigmoid())
        batch = batch_of(meta_parameters, step)
        optimizer.zero_grad()
        F.cross_entropy(network.train()(batch.images), batch.labels).backward()
        optimizer.step()
        if step + 1 in real:
            copied = copy.deepcopy(network).train(mode == "batch")
            with torch.no_grad():
                total += float(F.cross_entropy(copied(real[step + 1].images), real[step + 1].labels))
    return total


def engine_gradient(network, mode, kind, real, meta_parameters, memory):
    meta_parameters = {name: value.clone().requires_grad_() for name, value in meta_parameters.items()}
    if kind == "adam":
        # eps_root only keeps the root's derivative finite at zero; torch's Adam has none.
        optimizer = Adam(STEPS, eps=1e-3, eps_root=1e-30)
        optimizer.first_decay.raw, optimizer.second_decay.raw = (nn.Parameter(raw) for raw in torch.zeros(2, 1).double())
        raws = [*optimizer.parameters()]
    else:
        optimizer = SGD(STEPS, momentum=0.5 if kind == "momentum" else 0.0)
    optimizer.double()
    optimizer.learning_rate.raw.data.copy_(meta_parameters["rates"])
    raws = [optimizer.learning_rate.raw]
    if kind == "momentum":
        optimizer.momentum.raw.data.copy_(meta_parameters["momenta"])
        raws.append(optimizer.momentum.raw)
    if kind == "adam":
        for raw, value in zip((optimizer.first_decay.raw, optimizer.second_decay.raw), meta_parameters["betas"], strict=True):
            raw.data.fill_(value.item())
            raws.append(raw)
    unroll = Unroll(FunctionalLearner(network, mode), STEPS, lambda step: batch_of(meta_parameters, step), optimizer)
    found = unroll.meta_gradient([meta_parameters["codes"], meta_parameters["weights"], *raws], real, memory)
    codes, weights, rates, *others = found.gradients
    gradient = {"codes": codes, "weights": weights, "rates": rates}
    if others:
        gradient["momenta" if kind == "momentum" else "betas"] = torch.cat(others)
    return float(found.meta_loss), gradient


def directions(gradient):
    """Unit directions: along the gradient, and a random one."""
    for direction in (gradient, torch.randn_like(gradient)):
        yield direction / direction.norm()


@pytest.mark.parametrize("kind", ["sgd", "momentum", "adam"])
@pytest.mark.parametrize("case", CASES)
def test_equals_central_differences(case, kind):
    make_network, mode = CASES[case]
    network, meta_parameters = make_network().double(), make_meta_parameters(kind)
    labels = torch.arange(BATCH) % CLASSES
    real = {step: Batch(torch.randn(BATCH, *SHAPE).double(), labels) for step in (1, STEPS)}
    loss, gradient = engine_gradient(network, mode, kind, real, meta_parameters, "recompute")
    assert loss == pytest.approx(trained_loss(network, mode, kind, real, meta_parameters), rel=1e-12)
    for name, expected in gradient.items():
        for direction in directions(expected):
            there, back = (
                trained_loss(network, mode, kind, real, meta_parameters | {name: meta_parameters[name] + sign * STEP_SIZE * direction})
                for sign in (1, -1)
            )
            difference = (there - back) / (2 * STEP_SIZE)
            assert abs(difference - float((expected * direction).sum())) <= 1e-5 * float(expected.norm()), name
