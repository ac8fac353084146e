"""The meta-gradient against TorchOpt's differentiable optimizers, on learners without dropout or buffers."""

import copy
from collections.abc import Iterator

import pytest
import torch
import torch.nn.functional as F
import torchopt
from torch import nn
from torch.func import functional_call
from torch.nn.utils.parametrizations import weight_norm
from torch.nn.utils.parametrize import ParametrizationList

from gtn_core.functional_learner import FunctionalLearner
from gtn_core.inner_optimizers import SGD, Adam
from gtn_core.typing import Batch
from gtn_core.unroll import Unroll

STEPS, BATCH, CLASSES, SHAPE = 4, 5, 3, (2, 5, 6)


@pytest.fixture(autouse=True)
def _double_precision() -> Iterator[None]:
    torch.set_default_dtype(torch.float64)  # TorchOpt corrects Adam's bias in the default precision
    yield
    torch.set_default_dtype(torch.float32)


def perceptron():
    return nn.Sequential(nn.Flatten(), nn.Linear(60, 7), nn.Tanh(), nn.Linear(7, CLASSES))


def convolutional():
    return nn.Sequential(
        nn.Conv2d(2, 4, 3, stride=2), nn.LeakyReLU(0.1), nn.MaxPool2d(2, 1), nn.Flatten(), nn.Linear(4, CLASSES)
    )


def weight_normalised():
    network = convolutional()
    weight_norm(network[0])
    weight_norm(network[4])
    return network


class WrittenOut(nn.Module):
    """Weight norm by its formula: torch's own has a wrong second derivative."""

    def forward(self, magnitude, direction):
        return magnitude * direction / direction.flatten(1).norm(dim=1).view(magnitude.shape)


def twice_differentiable(network):
    network = copy.deepcopy(network)
    for module in network.modules():
        if isinstance(module, ParametrizationList):
            module[0] = WrittenOut()
    return network


def make_optimizer(kind, per_step):
    """Ours, and TorchOpt's with the same hyper-parameters.

    TorchOpt's momentum is one value for all steps, and its decay rates are numbers that cannot be learnt.
    """
    if kind == "adam":
        ours = Adam(STEPS, 0.1, (0.8, 0.95), eps=1e-4, eps_root=1e-6, per_step=per_step)
    else:
        ours = SGD(STEPS, 0.2, 0.6 if kind == "momentum" else 0.0, per_step=per_step)
    raw = ours.learning_rate.raw
    raw.data += 0.3 * torch.randn(raw.shape)

    def rate(count):
        return raw[int(count) if per_step else 0].exp()

    if kind == "adam":
        decays = (ours.first_decay.at(0).item(), ours.second_decay.at(0).item())
        return ours, [raw], torchopt.adam(rate, decays, eps=1e-4, eps_root=1e-6)
    if kind == "sgd":
        return ours, [raw], torchopt.sgd(rate)
    return ours, [raw, ours.momentum.raw], torchopt.sgd(rate, momentum=ours.momentum.raw[0].sigmoid())


@pytest.mark.parametrize("memory", ["recompute", 20_000, "store"])
@pytest.mark.parametrize(
    ("kind", "per_step"),
    [("sgd", True), ("sgd", False), ("momentum", False), ("adam", True), ("adam", False)],
    ids=["sgd, per step", "sgd, global", "momentum, global", "adam, per step", "adam, global"],
)
@pytest.mark.parametrize("make_network", [perceptron, convolutional, weight_normalised])
def test_equals_torchopt(make_network, kind, per_step, memory, relative_error):
    network = make_network()
    codes, weights = torch.randn(STEPS, BATCH, 4, requires_grad=True), torch.randn(4, 60, requires_grad=True)
    optimizer, hyper_parameters, theirs = make_optimizer(kind, per_step)
    meta_parameters = [codes, weights, *hyper_parameters]
    labels = torch.arange(BATCH) % CLASSES
    real = {step: torch.randn(BATCH, *SHAPE) for step in (2, STEPS)}

    def images(step):
        return torch.tanh(codes[step] @ weights).view(BATCH, *SHAPE)

    witness = twice_differentiable(network)
    parameters = {name: parameter.detach().clone().requires_grad_() for name, parameter in network.named_parameters()}
    state, expected = theirs.init(parameters), torch.zeros(())
    for step in range(STEPS):
        loss = F.cross_entropy(functional_call(witness, parameters, images(step)), labels)
        found = torch.autograd.grad(loss, list(parameters.values()), create_graph=True)
        gradients = dict(zip(parameters, found, strict=True))
        updates, state = theirs.update(gradients, state, params=parameters, inplace=False)
        parameters = torchopt.apply_updates(parameters, updates, inplace=False)
        if step + 1 in real:
            expected = expected + F.cross_entropy(functional_call(witness, parameters, real[step + 1]), labels)

    unroll = Unroll(FunctionalLearner(network), STEPS, lambda step: Batch(images(step), labels), optimizer)
    meta_batches = {step: Batch(images, labels) for step, images in real.items()}
    loss, gradients = unroll.meta_gradient(meta_parameters, meta_batches, memory)
    assert relative_error([loss, *gradients], [expected, *torch.autograd.grad(expected, meta_parameters)]) <= 1e-9
