"""Every k-th state is enough: the sweep makes the others again, and the meta-gradient keeps its bits."""

from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from gtn_core._kept_states import KeptStates, State
from gtn_core.batch_norm import MeanOnlyBatchNorm
from gtn_core.functional_learner import FunctionalLearner
from gtn_core.inner_optimizers import SGD, Adam
from gtn_core.typing import Batch
from gtn_core.unroll import Unroll

STEPS = 7


def make(optimizer=None):
    network = nn.Sequential(
        nn.Conv2d(1, 3, 3), MeanOnlyBatchNorm(3), nn.Tanh(), nn.Dropout(0.3), nn.Flatten(), nn.Linear(48, 3)
    ).double()
    optimizer = (optimizer or SGD(STEPS, 0.3, 0.7)).double()
    weights = torch.randn(5, 36, dtype=torch.float64, requires_grad=True)

    def synthetic(step):
        codes = torch.randn(6, 5, generator=torch.Generator().manual_seed(step)).double()
        return Batch(torch.tanh(codes @ weights).view(6, 1, 6, 6), torch.arange(6) % 3)

    real = {step: Batch(torch.randn(4, 1, 6, 6).double(), torch.arange(4) % 3) for step in (2, 5, STEPS)}
    return Unroll(FunctionalLearner(network), STEPS, synthetic, optimizer), [weights, *optimizer.parameters()], real


@pytest.mark.parametrize("window", [None, 4])
@pytest.mark.parametrize("memory", ["recompute", "store", 20_000])
@pytest.mark.parametrize("every", [2, 3, 100])
@pytest.mark.parametrize("optimizer", [SGD, Adam])
def test_thinned_states_give_the_same_bits(every, memory, window, optimizer):
    unroll, parameters, real = make(optimizer(STEPS))
    plain = unroll.meta_gradient(parameters, real, memory, window)
    thinned = replace(unroll, keep_every=every).meta_gradient(parameters, real, memory, window)
    assert torch.equal(thinned.meta_loss, plain.meta_loss)
    assert all(map(torch.equal, thinned.gradients, plain.gradients))


def test_offloading_leaves_a_learner_on_the_cpu_as_it_is():
    unroll, parameters, real = make()
    plain = unroll.meta_gradient(parameters, real)
    offloaded = replace(unroll, offload=True, keep_every=2).meta_gradient(parameters, real)
    assert all(map(torch.equal, offloaded.gradients, plain.gradients))


@given(st.integers(1, 40), st.integers(1, 12), st.integers(0, 5))
def test_any_state_is_there_when_the_sweep_comes_and_few_are_held(steps, every, first):
    held = []

    def forward(step, state):
        return state._replace(parameters={"x": torch.tensor(step + 1.0)})

    states = KeptStates(forward, every)
    state = State({"x": torch.tensor(float(first))}, {}, {}, {}, {})
    for step in range(first, first + steps):
        states.keep(step, state)
        state = forward(step, state)
    held.append(len(states._kept))
    for step in reversed(range(first, first + steps)):
        assert states.take(step).parameters["x"] == step
        held.append(len(states._kept))
    assert max(held) <= -(-steps // every) + every
