import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from gtn_core.errors import ConfigurationError
from gtn_core.inner_optimizers import Adam


def train(optimizer, parameters, gradients):
    state = optimizer.init(parameters)
    for step, gradient in enumerate(gradients):
        parameters, state = optimizer.update(step, parameters, gradient, state)
    return parameters, state


def problem(steps, seed=0):
    generator = torch.Generator().manual_seed(seed)
    shapes = {"weight": (3, 2), "bias": (3,), "scale": ()}

    def draw():
        return {name: torch.randn(shape, generator=generator, dtype=torch.float64) for name, shape in shapes.items()}

    return draw(), [draw() for _ in range(steps)]


@given(
    steps=st.integers(1, 5),
    rate=st.floats(1e-3, 1.0),
    betas=st.tuples(st.floats(0.1, 0.95), st.floats(0.1, 0.999)),
    eps=st.sampled_from([0.0, 1e-8, 1e-3]),
    per_step=st.booleans(),
    seed=st.integers(0, 100),
)
def test_equals_torchs(steps, rate, betas, eps, per_step, seed):
    optimizer = Adam(steps, rate, betas, eps=eps, eps_root=1e-30, per_step=per_step).double()
    parameters, gradients = problem(steps, seed)
    theirs = {name: value.clone().requires_grad_() for name, value in parameters.items()}
    schedules = (optimizer.learning_rate, optimizer.first_decay, optimizer.second_decay)
    rate, *betas = (schedule.at(0).item() for schedule in schedules)  # what single precision made of them
    torch_optimizer = torch.optim.Adam(theirs.values(), lr=rate, betas=tuple(betas), eps=eps)
    for gradient in gradients:
        for name, value in theirs.items():
            value.grad = gradient[name]
        torch_optimizer.step()
    found, _ = train(optimizer, parameters, gradients)
    torch.testing.assert_close(found, {name: value.detach() for name, value in theirs.items()}, rtol=1e-10, atol=1e-10)


def test_corrects_the_bias_of_decay_rates_that_change():
    """Constant gradients: both corrected moments are exact averages, so each step moves by its learning rate."""
    optimizer = Adam(4, learning_rate=0.5, eps=0.0, eps_root=1e-30).double()
    for schedule in (optimizer.first_decay, optimizer.second_decay):
        schedule.raw.data = torch.tensor([1.0, -1.0, 2.0, 0.3]).double()
    three = torch.full((), 3.0, dtype=torch.float64)
    parameters, _ = train(optimizer, {"w": three}, [{"w": three}] * 4)
    assert parameters["w"].item() == pytest.approx(3 - 4 * 0.5)


def test_a_parameter_without_gradient_keeps_its_value_and_the_derivative_is_finite():
    optimizer = Adam(1)
    value, gradient = torch.ones(2, requires_grad=True), torch.zeros(2, requires_grad=True)
    moved, _ = optimizer.update(0, {"w": value}, {"w": gradient}, optimizer.init({"w": value}))
    assert torch.equal(moved["w"], value)
    assert all(found.isfinite().all() for found in torch.autograd.grad(moved["w"].sum(), [value, gradient]))


def test_changes_nothing_in_place():
    optimizer = Adam(1)
    tensors = [{"w": torch.ones(2)}, {"w": torch.ones(2)}]
    state = optimizer.init(tensors[0])
    optimizer.update(0, *tensors, state)
    assert all(torch.equal(one["w"], torch.ones(2)) for one in tensors)
    assert not any(tensor.any() for tensor in state.values())


@pytest.mark.parametrize(("per_step", "size"), [(True, 4), (False, 1)])
def test_learns_one_value_a_step_or_one_for_all(per_step, size):
    assert [raw.shape for raw in Adam(4, per_step=per_step).parameters()] == [(size,)] * 3


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"learning_rate": 0.0}, "learning rate must be a positive number; got 0.0"),
        ({"betas": (0.0, 0.9)}, "first beta must be between 0 and 1"),
        ({"betas": (0.9, 1.0)}, "second beta must be between 0 and 1"),
        ({"betas": (0.9,)}, "two numbers"),
        ({"eps": -1e-8}, "eps must be at least 0"),
        ({"eps_root": 0.0}, "eps_root positive"),
    ],
    ids=["learning rate", "first beta", "second beta", "one beta", "eps", "eps_root"],
)
def test_refuses_values_out_of_range(options, message):
    with pytest.raises(ConfigurationError, match=message):
        Adam(2, **options)
