"""`recompute` holds the graph of one inner step at a time, however many steps there are; `store` holds all of them."""

import gc

import pytest
import torch
from torch import nn

from gtn_core.batch_norm import MeanOnlyBatchNorm
from gtn_core.functional_learner import FunctionalLearner
from gtn_core.inner_optimizers import SGD
from gtn_core.typing import Batch
from gtn_core.unroll import Unroll


class Saved:
    """A tensor that a graph has saved; counted for as long as the graph lives."""

    now = peak = 0

    def __init__(self, tensor):
        self.tensor, self.size = tensor, tensor.numel() * tensor.element_size()
        Saved.now += self.size
        Saved.peak = max(Saved.peak, Saved.now)

    def __del__(self):
        Saved.now -= self.size


def peak_of_saved_bytes(steps, memory):
    network = nn.Sequential(nn.Conv2d(1, 4, 3), MeanOnlyBatchNorm(4), nn.Tanh(), nn.Flatten(), nn.Linear(144, 3))
    optimizer = SGD(steps)
    weights = torch.randn(5, 64, requires_grad=True)

    def synthetic(step):
        codes = torch.randn(8, 5, generator=torch.Generator().manual_seed(step))
        return Batch(torch.tanh(codes @ weights).view(8, 1, 8, 8), torch.arange(8) % 3)

    unroll = Unroll(FunctionalLearner(network), steps, synthetic, optimizer)
    real = {step: Batch(torch.randn(8, 1, 8, 8), torch.arange(8) % 3) for step in range(1, steps + 1)}
    gc.collect()
    Saved.now = Saved.peak = 0
    with torch.autograd.graph.saved_tensors_hooks(Saved, lambda saved: saved.tensor):
        unroll.meta_gradient([weights, *optimizer.parameters()], real, memory)
    assert Saved.now == 0, "a graph outlives the meta-gradient"
    return Saved.peak


def test_recompute_holds_one_steps_graph():
    assert peak_of_saved_bytes(16, "recompute") == peak_of_saved_bytes(4, "recompute")


def test_store_holds_every_steps_graph():
    assert peak_of_saved_bytes(16, "store") == pytest.approx(4 * peak_of_saved_bytes(4, "store"), rel=0.1)


def test_recompute_holds_no_more_than_store_does_for_one_step():
    assert peak_of_saved_bytes(16, "recompute") <= 1.1 * peak_of_saved_bytes(1, "store")


def test_an_amount_of_memory_holds_as_many_graphs_as_fit():
    everything = peak_of_saved_bytes(16, "store")
    found = [peak_of_saved_bytes(16, budget) for budget in (1, everything // 8, everything // 4, 10 * everything)]
    assert found[0] == peak_of_saved_bytes(16, "recompute")
    assert found == sorted(set(found))
    assert found[-1] == everything
