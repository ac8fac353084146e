"""The meta-gradient against central differences of plain training with torch's own modules and optimizers.

Nothing in the witness is differentiated but the loss of one batch: the network is trained in place, with its
hyper-parameters set anew before each step. So it also finds what is wrong in torch's own second derivatives. All is
smooth (tanh, average pooling), so that the differences converge.
"""

import copy

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.parametrizations import weight_norm

from gtn_core.batch_norm import MeanOnlyBatchNorm
from gtn_core.functional_learner import FunctionalLearner
from gtn_core.inner_optimizers import SGD, Adam
from gtn_core.typing import Batch
from gtn_core.unroll import Unroll

STEPS, BATCH, CLASSES, SHAPE, CODE = 3, 6, 3, (2, 6, 5), 4
STEP_SIZE = 1e-5
EPS = 1e-3
SCHEDULES = {"rates": "learning_rate", "momenta": "momentum", "beta1": "first_decay", "beta2": "second_decay"}


def smooth(*layers):
    """A small network with further layers, on four channels, behind its convolution."""
    return lambda: nn.Sequential(
        nn.Conv2d(2, 4, 3, padding=1),
        *(layer() for layer in layers),
        nn.Tanh(),
        nn.AvgPool2d(2),
        nn.Flatten(),
        nn.Linear(24, CLASSES),
    )


def weight_normalised(norm=nn.Identity, dim=0):
    def make():
        network = smooth(norm)()
        weight_norm(network[0], dim=dim)
        weight_norm(network[-1], dim=dim)
        return network

    return make


class Attention(nn.Module):
    """Pixels as tokens."""

    def __init__(self):
        super().__init__()
        self.attention = nn.MultiheadAttention(4, 2, batch_first=True)

    def forward(self, images):
        tokens = images.flatten(2).transpose(1, 2)
        return self.attention(tokens, tokens, tokens, need_weights=False)[0].transpose(1, 2).view_as(images)


# With momentum 1 a stock layer in evaluation mode normalises by its last training batch.
BATCH_NORMS = {
    "batch norm, last synthetic batch": (lambda: nn.BatchNorm2d(4, momentum=1.0), "last_synthetic_batch"),
    "batch norm, evaluation batch": (lambda: nn.BatchNorm2d(4), "batch"),
    "batch norm, untracked": (lambda: nn.BatchNorm2d(4, track_running_stats=False), "running"),
    "instance norm, last synthetic batch": (
        lambda: nn.InstanceNorm2d(4, momentum=1.0, affine=True, track_running_stats=True),
        "last_synthetic_batch",
    ),
    "mean-only batch norm, last synthetic batch": (lambda: MeanOnlyBatchNorm(4), "last_synthetic_batch"),
    "mean-only batch norm, evaluation batch": (lambda: MeanOnlyBatchNorm(4), "batch"),
}
NETWORKS = {
    "plain": (smooth(), "running"),
    "weight norm": (weight_normalised(), "running"),
    "weight norm and mean-only batch norm": (weight_normalised(lambda: MeanOnlyBatchNorm(4)), "last_synthetic_batch"),
    **{name: (smooth(norm), mode) for name, (norm, mode) in BATCH_NORMS.items()},
}
LAYERS = {
    "layer norm": smooth(lambda: nn.LayerNorm(SHAPE[1:])),
    "group norm": smooth(lambda: nn.GroupNorm(2, 4)),
    "local response norm": smooth(lambda: nn.LocalResponseNorm(2)),
    "attention": smooth(Attention),
    "gelu": smooth(nn.GELU),
    "silu": smooth(nn.SiLU),
    "softplus": smooth(nn.Softplus),
    "dilated, grouped convolution": smooth(lambda: nn.Conv2d(4, 4, 3, padding=2, dilation=2, groups=2)),
    "reflected convolution": smooth(lambda: nn.Conv2d(4, 4, 3, padding=1, padding_mode="reflect")),
    "transposed convolution": smooth(lambda: nn.ConvTranspose2d(4, 4, 3, padding=1)),
    "bilinear resampling": smooth(lambda: nn.Upsample(scale_factor=2, mode="bilinear"), lambda: nn.AvgPool2d(2)),
    "weight norm by input": weight_normalised(dim=1),
    "weight norm as a whole": weight_normalised(dim=None),
}


def make_meta_parameters(kind):
    values = {
        "codes": torch.randn(STEPS, BATCH, CODE),
        "weights": torch.randn(CODE, 60),
        "rates": torch.randn(STEPS) - 1.5,
    }
    if kind == "momentum":
        values["momenta"] = torch.randn(STEPS)
    if kind == "adam":
        values |= {"beta1": torch.tensor([1.0]), "beta2": torch.tensor([2.0])}
    return {name: value.double() for name, value in values.items()}


def synthetic(meta_parameters, step):
    images = torch.tanh(meta_parameters["codes"][step] @ meta_parameters["weights"]).view(BATCH, *SHAPE)
    return Batch(images, torch.arange(BATCH) % CLASSES)


def trained_loss(network, mode, real, meta_parameters):
    """The meta-loss, by training a copy of the network in place."""
    network = copy.deepcopy(network)
    value = {
        name: meta_parameters[name].sigmoid().tolist()
        for name in ("momenta", "beta1", "beta2")
        if name in meta_parameters
    }
    if "beta1" in value:
        optimizer = torch.optim.Adam(network.parameters(), betas=(*value["beta1"], *value["beta2"]), eps=EPS)
    else:
        optimizer = torch.optim.SGD(network.parameters())
    total = 0.0
    for step in range(STEPS):
        optimizer.param_groups[0]["lr"] = float(meta_parameters["rates"][step].exp())
        if "momenta" in value:
            optimizer.param_groups[0]["momentum"] = value["momenta"][step]
        batch = synthetic(meta_parameters, step)
        optimizer.zero_grad()
        F.cross_entropy(network.train()(batch.images), batch.labels).backward()
        optimizer.step()
        if step + 1 in real:
            judged = copy.deepcopy(network).train(mode == "batch")
            with torch.no_grad():
                total += float(F.cross_entropy(judged(real[step + 1].images), real[step + 1].labels))
    return total


def engine_gradient(network, mode, real, meta_parameters):
    """Meta-loss and meta-gradient of the engine."""
    if "beta1" in meta_parameters:
        optimizer = Adam(STEPS, eps=EPS, eps_root=1e-30)  # torch's has no eps_root
    else:
        optimizer = SGD(STEPS, momentum=0.5 if "momenta" in meta_parameters else 0.0)
    leaves = {name: nn.Parameter(value.clone()) for name, value in meta_parameters.items()}
    for name in SCHEDULES.keys() & leaves.keys():
        getattr(optimizer, SCHEDULES[name]).raw = leaves[name]
    unroll = Unroll(FunctionalLearner(network, mode), STEPS, lambda step: synthetic(leaves, step), optimizer)
    loss, gradients = unroll.meta_gradient(list(leaves.values()), real)
    return float(loss), dict(zip(leaves, gradients, strict=True))


def check(network, mode, meta_parameters):
    labels = torch.arange(BATCH) % CLASSES
    real = {step: Batch(torch.randn(BATCH, *SHAPE).double(), labels) for step in (1, STEPS)}
    loss, gradient = engine_gradient(network, mode, real, meta_parameters)
    assert loss == pytest.approx(trained_loss(network, mode, real, meta_parameters), rel=1e-12)
    for name, expected in gradient.items():
        for direction in (expected, torch.randn_like(expected)):
            step = STEP_SIZE * direction / direction.norm()
            moved = [meta_parameters | {name: meta_parameters[name] + sign * step} for sign in (1, -1)]
            there, back = (trained_loss(network, mode, real, values) for values in moved)
            difference = (there - back) / (2 * STEP_SIZE)
            assert abs(difference - float((expected * step).sum()) / STEP_SIZE) <= 1e-5 * float(expected.norm()), name


@pytest.mark.parametrize("kind", ["sgd", "momentum", "adam"])
@pytest.mark.parametrize("network", NETWORKS)
def test_equals_central_differences(network, kind):
    make_network, mode = NETWORKS[network]
    check(make_network().double(), mode, make_meta_parameters(kind))


@pytest.mark.parametrize("layer", LAYERS)
def test_equals_central_differences_through_torchs_layers(layer):
    check(LAYERS[layer]().double(), "running", make_meta_parameters("momentum"))
