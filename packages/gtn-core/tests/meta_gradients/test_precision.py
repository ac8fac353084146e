"""The learner's passes in bfloat16: the exact meta-gradient of the loop as it was computed, near that of float32."""

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.parametrizations import weight_norm

from gtn_core.batch_norm import MeanOnlyBatchNorm
from gtn_core.functional_learner import FunctionalLearner
from gtn_core.inner_optimizers import SGD
from gtn_core.typing import Batch
from gtn_core.unroll import Unroll

STEPS = 4
NETWORKS = {
    "convolutions": lambda: nn.Sequential(
        weight_norm(nn.Conv2d(1, 4, 3)), MeanOnlyBatchNorm(4), nn.LeakyReLU(0.1), nn.Flatten(), nn.Linear(64, 3)
    ),
    "batch norm and pooling": lambda: nn.Sequential(
        nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(16, 3)
    ),
    "linear": lambda: nn.Sequential(nn.Flatten(), nn.Linear(36, 16), nn.Tanh(), nn.Linear(16, 3)),
}


def make(network):
    optimizer = SGD(STEPS, 0.2, 0.5)
    weights = torch.randn(5, 36, requires_grad=True)

    def synthetic(step):
        codes = torch.randn(12, 5, generator=torch.Generator().manual_seed(step))
        return Batch(torch.tanh(codes @ weights).view(12, 1, 6, 6), torch.arange(12) % 3)

    real = {step: Batch(torch.randn(16, 1, 6, 6), torch.arange(16) % 3) for step in (2, STEPS)}
    return Unroll(FunctionalLearner(network), STEPS, synthetic, optimizer), [weights, *optimizer.parameters()], real


def flat(found):
    return torch.cat([gradient.flatten() for gradient in found.gradients])


@pytest.mark.parametrize("name", NETWORKS)
def test_bfloat16_is_near_float32(name):
    unroll, parameters, real = make(NETWORKS[name]())
    plain = unroll.meta_gradient(parameters, real)
    rounded = replace(unroll, precision="bfloat16").meta_gradient(parameters, real)
    assert rounded.meta_loss.dtype == torch.float32
    assert all(gradient.dtype == torch.float32 for gradient in rounded.gradients)
    assert rounded.meta_loss.item() == pytest.approx(plain.meta_loss.item(), rel=0.02)
    assert rounded.meta_loss != plain.meta_loss
    assert F.cosine_similarity(flat(rounded), flat(plain), dim=0) > 0.98
    assert flat(rounded).norm().item() == pytest.approx(flat(plain).norm().item(), rel=0.1)


@pytest.mark.parametrize("name", NETWORKS)
def test_bfloat16_is_rebuilt_as_it_was(name):
    unroll, parameters, real = make(NETWORKS[name]())
    unroll = replace(unroll, precision="bfloat16")
    found = [unroll.meta_gradient(parameters, real, memory) for memory in ("recompute", "store")]
    thinned = replace(unroll, keep_every=3).meta_gradient(parameters, real)
    for other in (found[1], thinned):
        assert torch.equal(found[0].meta_loss, other.meta_loss)
        assert all(map(torch.equal, found[0].gradients, other.gradients))


def test_bfloat16_is_what_autograd_makes_of_the_same_loop_under_autocast(relative_error):
    network = NETWORKS["linear"]()
    unroll, parameters, real = make(network)
    found = replace(unroll, precision="bfloat16").meta_gradient(parameters, real)

    values = {name: one.detach().requires_grad_() for name, one in network.named_parameters()}
    speed = {name: torch.zeros_like(one) for name, one in values.items()}
    loss = torch.zeros(())
    rates, momenta = unroll.inner_optimizer.learning_rate, unroll.inner_optimizer.momentum
    for step in range(STEPS):
        images, labels = unroll.batch(step)
        with torch.autocast("cpu", torch.bfloat16, cache_enabled=False):
            logits = torch.func.functional_call(network, values, (images,))
        slopes = torch.autograd.grad(F.cross_entropy(logits.float(), labels), list(values.values()), create_graph=True)
        speed = {name: momenta.at(step) * speed[name] + slope for name, slope in zip(values, slopes, strict=True)}
        values = {name: one - rates.at(step) * speed[name] for name, one in values.items()}
        if step + 1 in real:
            images, labels = real[step + 1]
            loss = loss + F.cross_entropy(torch.func.functional_call(network, values, (images,)), labels)
    expected = torch.autograd.grad(loss, parameters)
    torch.testing.assert_close(found.meta_loss, loss.detach())
    assert relative_error(found.gradients, expected) < 0.02
