"""Through a network of a search space the exact meta-gradient is that of plain autograd through the inner loop.

The witness runs a copy of the network on tensors that keep their history; its batch norm, with the statistics of the
last synthetic batch on real data, and its weight norm are written out.
"""

import copy

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.func import functional_call
from torch.nn.utils.parametrizations import _WeightNorm

from gtn_core.functional_learner import FunctionalLearner
from gtn_core.inner_optimizers import SGD
from gtn_core.meta_gradients import ExactMetaGradient
from gtn_core.typing import Batch
from gtn_core.unroll import Unroll
from gtn_learners import nao, nao_small, nb201, nb201_small

STEPS, EXAMPLES, CLASSES = 3, 6, 3
DISCONNECTED = "|nor_conv_3x3~0|+|none~0|none~1|+|none~0|none~1|nor_conv_3x3~2|"


class WitnessNorm(nn.Module):
    def __init__(self, layer):
        super().__init__()
        self.weight, self.bias, self.eps = layer.weight, layer.bias, layer.eps

    def forward(self, maps):
        if self.training:
            self.mean = maps.mean((0, 2, 3), keepdim=True)
            squares = (maps - self.mean) ** 2
            variance = squares.mean((0, 2, 3), keepdim=True)
            self.variance = squares.sum((0, 2, 3), keepdim=True) / (maps.numel() / maps.shape[1] - 1)
        else:
            variance = self.variance
        normalised = (maps - self.mean) / torch.sqrt(variance + self.eps)
        return normalised * self.weight.view(1, -1, 1, 1) + self.bias.view(1, -1, 1, 1)


class WitnessWeightNorm(nn.Module):
    def forward(self, magnitude, direction):
        places = tuple(range(1, direction.dim()))
        return magnitude * direction / torch.sqrt((direction**2).sum(places, keepdim=True))


def witness_of(network):
    network = copy.deepcopy(network)
    for parent in list(network.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, nn.BatchNorm2d):
                setattr(parent, name, WitnessNorm(child))
            elif isinstance(child, _WeightNorm):
                setattr(parent, name, WitnessWeightNorm())
    return network


def naive(network, images, rates, labels, real):
    network = witness_of(network)
    values = dict(network.named_parameters())
    for step in range(STEPS):
        loss = F.cross_entropy(functional_call(network.train(), values, images[step]), labels)
        gradients = torch.autograd.grad(
            loss, list(values.values()), create_graph=True, allow_unused=True, materialize_grads=True
        )
        moved = zip(values.items(), gradients, strict=True)
        values = {name: value - torch.exp(rates[step]) * gradient for (name, value), gradient in moved}
    meta_loss = F.cross_entropy(functional_call(network.eval(), values, real.images), real.labels)
    return [meta_loss, *torch.autograd.grad(meta_loss, [images, rates], allow_unused=True, materialize_grads=True)]


def nb201_disconnected(image_shape, classes, generator):
    return nb201.build_network(
        DISCONNECTED, channels=4, cells=1, classes=classes, in_channels=1, variant="gtn", seed=generator
    )


def nao_standard(image_shape, classes, generator):
    return nao.build_network(
        nao.random_genotype(generator), cells=1, filters=3, classes=classes, in_channels=1, seed=generator
    )


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("draw", [nb201_small, nb201_disconnected, nao_small, nao_standard], ids=lambda f: f.__name__)
def test_agrees_with_plain_autograd(draw, seed):
    random = torch.Generator().manual_seed(seed)
    network = draw((1, 6, 7), CLASSES, random).double()
    images = torch.randn(STEPS, EXAMPLES, 1, 6, 7, generator=random, dtype=torch.float64).requires_grad_()
    labels = torch.arange(EXAMPLES) % CLASSES
    real = Batch(torch.randn(EXAMPLES, 1, 6, 7, generator=random, dtype=torch.float64), labels)
    optimizer = SGD(STEPS, learning_rate=0.05, momentum=0.0).double()
    (rates,) = optimizer.parameters()
    expected = naive(network, images, rates, labels, real)
    unroll = Unroll(FunctionalLearner(network), STEPS, lambda step: Batch(images[step], labels), optimizer)
    found = ExactMetaGradient()(unroll, [images, rates], {STEPS: real})
    for ours, theirs in zip([found.meta_loss, *found.gradients], expected, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-7, atol=1e-10)
