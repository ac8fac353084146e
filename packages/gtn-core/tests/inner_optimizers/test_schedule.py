import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from gtn_core.inner_optimizers._schedule import Schedule


@given(st.floats(1e-6, 100.0), st.integers(1, 5))
def test_starts_at_the_initial_value_at_every_step(initial, steps):
    schedule = Schedule("rate", initial, steps, "positive")
    assert schedule.values().tolist() == pytest.approx([initial] * steps, rel=1e-5)


@given(st.lists(st.floats(-80, 80), min_size=1, max_size=4), st.sampled_from(["positive", "unit"]))
def test_never_leaves_its_range(raws, constraint):
    schedule = Schedule("value", 0.5, len(raws), constraint)
    schedule.raw.data = torch.tensor(raws)
    values = schedule.values()
    assert (values > 0).all()
    assert (values <= (1 if constraint == "unit" else float("inf"))).all()
    assert all(schedule.at(step) == value for step, value in enumerate(values))


def test_holds_the_last_value_beyond_its_steps():
    schedule = Schedule("rate", 0.5, 2, "positive")
    schedule.raw.data = torch.tensor([1.0, 2.0])
    assert schedule.at(1) == schedule.at(2) == schedule.at(100) != schedule.at(0)


def test_gradients_reach_the_step_that_was_asked_for():
    schedule = Schedule("rate", 0.5, 3, "unit")
    schedule.at(1).backward()
    assert schedule.raw.grad.tolist() == [0.0, 0.25, 0.0]
    assert not schedule.values().requires_grad
