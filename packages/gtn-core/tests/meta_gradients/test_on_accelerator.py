"""The same meta-gradient on an accelerator, without waiting for it within the inner loop."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
import torch
from torch import nn
from torch.nn.utils.parametrizations import weight_norm

from gtn_core.batch_norm import MeanOnlyBatchNorm
from gtn_core.curricula import CURRICULA
from gtn_core.functional_learner import FunctionalLearner
from gtn_core.generators import ImageGenerator
from gtn_core.inner_optimizers import SGD, Adam
from gtn_core.typing import Batch
from gtn_core.unroll import Unroll

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="torch sees no CUDA device"),
]

STEPS = 3


def make(device, kind, curriculum="full", *, dropout=0.0):
    """An unroll, its meta-parameters and its meta-batches, the same on every device."""
    torch.manual_seed(0)
    generator = ImageGenerator(image_shape=(1, 8, 8), classes=3, code_size=4, hidden=8, channels=(6, 4))
    lesson = CURRICULA[curriculum](STEPS, 8, 4, 3)
    optimizer = Adam(STEPS, eps_root=1e-6) if kind == "adam" else SGD(STEPS, 0.3, 0.7)
    network = nn.Sequential(
        weight_norm(nn.Conv2d(1, 4, 3)),
        MeanOnlyBatchNorm(4),
        nn.LeakyReLU(0.1),
        nn.Conv2d(4, 4, 3),
        nn.BatchNorm2d(4),
        nn.Dropout(dropout),
        nn.Flatten(),
        weight_norm(nn.Linear(64, 3)),
    )
    real = {step: (torch.randn(8, 1, 8, 8), torch.arange(8) % 3) for step in (1, STEPS)}
    for module in (generator, lesson, optimizer, network):
        module.double().to(device)
    batches = {step: Batch(images.double().to(device), labels.to(device)) for step, (images, labels) in real.items()}

    def synthetic(step):
        codes, labels = lesson(step, 0)
        return Batch(generator(codes, labels), labels)

    meta_parameters = [*generator.parameters(), *lesson.parameters(), *optimizer.parameters()]
    return Unroll(FunctionalLearner(network), STEPS, synthetic, optimizer), meta_parameters, batches


@contextmanager
def no_waiting() -> Iterator[None]:
    torch.cuda.set_sync_debug_mode("error")
    try:
        yield
    finally:
        torch.cuda.set_sync_debug_mode("default")


@pytest.mark.parametrize("memory", ["recompute", "store"])
@pytest.mark.parametrize("kind", ["momentum", "adam"])
def test_devices_agree(kind, memory, relative_error):
    found = []
    for device in ("cpu", "cuda"):
        unroll, meta_parameters, meta_batches = make(device, kind)
        loss, gradients = unroll.meta_gradient(meta_parameters, meta_batches, memory)
        found.append([loss.cpu(), *(gradient.cpu() for gradient in gradients)])
    # An H100 differs by up to 2.5e-6, the same whatever the memory. Gradients here change a thousand times as much as
    # what they are computed from, which suggests an operation exact to 2e-9; float32's 6e-8 would become 1e-4.
    assert relative_error(found[1], found[0]) <= 1e-5


@pytest.mark.parametrize("memory", ["recompute", "store"])
@pytest.mark.parametrize("curriculum", ["full", "none"])
@pytest.mark.parametrize("kind", ["momentum", "adam"])
def test_nothing_waits_for_the_device(kind, curriculum, memory):
    unroll, meta_parameters, meta_batches = make("cuda", kind, curriculum, dropout=0.2)
    unroll.meta_gradient(meta_parameters, meta_batches, memory)  # the first call may set things up
    with no_waiting():
        unroll.meta_gradient(meta_parameters, meta_batches, memory)
        unroll.run()


def test_dropout_is_replayed_on_the_device_and_its_generator_put_back(relative_error):
    unroll, meta_parameters, meta_batches = make("cuda", "momentum", dropout=0.5)
    before = torch.cuda.get_rng_state()
    found = [unroll.meta_gradient(meta_parameters, meta_batches, memory).gradients for memory in ("recompute", "store")]
    assert relative_error(*found) <= 1e-10
    assert torch.equal(torch.cuda.get_rng_state(), before)


@pytest.mark.parametrize("every", [1, 2])
def test_states_on_the_host_give_the_same_gradients_without_waiting(every, relative_error):
    unroll, meta_parameters, meta_batches = make("cuda", "momentum", dropout=0.5)
    plain = unroll.meta_gradient(meta_parameters, meta_batches)
    away = replace(unroll, keep_every=every, offload=True)
    away.meta_gradient(meta_parameters, meta_batches)  # the first call takes pinned memory
    with no_waiting():
        found = away.meta_gradient(meta_parameters, meta_batches)
    # Not the same bits: on CUDA some sums are taken in an order that changes.
    assert relative_error(found.gradients, plain.gradients) <= 1e-10


def test_bfloat16_is_near_what_is_computed_in_full():
    unroll, meta_parameters, meta_batches = make("cuda", "momentum")
    plain, rounded = (
        torch.cat([one.flatten() for one in made.meta_gradient(meta_parameters, meta_batches).gradients])
        for made in (unroll, replace(unroll, precision="bfloat16"))
    )
    assert torch.nn.functional.cosine_similarity(plain, rounded, dim=0) > 0.95
