import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from gtn_core.errors import ConfigurationError
from gtn_core.inner_optimizers import SGD


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
    rate=st.floats(1e-3, 2.0),
    momentum=st.just(0.0) | st.floats(0.01, 0.99),
    per_step=st.booleans(),
    seed=st.integers(0, 100),
)
def test_equals_torchs(steps, rate, momentum, per_step, seed):
    optimizer = SGD(steps, rate, momentum, per_step=per_step).double()
    parameters, gradients = problem(steps, seed)
    theirs = {name: value.clone().requires_grad_() for name, value in parameters.items()}
    rate = optimizer.learning_rate.at(0).item()  # what single precision made of it
    momentum = optimizer.momentum.at(0).item() if momentum else 0.0
    torch_optimizer = torch.optim.SGD(theirs.values(), lr=rate, momentum=momentum)
    for gradient in gradients:
        for name, value in theirs.items():
            value.grad = gradient[name]
        torch_optimizer.step()
    found, _ = train(optimizer, parameters, gradients)
    torch.testing.assert_close(found, {name: value.detach() for name, value in theirs.items()}, rtol=1e-12, atol=1e-12)


def test_every_step_has_its_own_values():
    optimizer = SGD(2).double()
    optimizer.learning_rate.raw.data = torch.tensor([0.5, 0.25]).double().log()
    optimizer.momentum.raw.data = torch.tensor([0.9, 0.2]).double().logit()
    one = torch.ones((), dtype=torch.float64)
    parameters, state = train(optimizer, {"w": 10 * one}, [{"w": one}, {"w": one}])
    assert parameters["w"].item() == pytest.approx(10 - 0.5 * 1 - 0.25 * (0.2 * 1 + 1))
    assert state["velocity/w"].item() == pytest.approx(1.2)


def test_changes_nothing_in_place():
    optimizer = SGD(1)
    tensors = [{"w": torch.ones(2)}, {"w": torch.ones(2)}]
    state = optimizer.init(tensors[0])
    optimizer.update(0, *tensors, state)
    assert all(torch.equal(one["w"], torch.ones(2)) for one in tensors)
    assert not state["velocity/w"].any()


def test_without_momentum_there_is_no_state_and_nothing_to_learn_but_the_rate():
    optimizer = SGD(3, momentum=0.0)
    assert [name for name, _ in optimizer.named_parameters()] == ["learning_rate.raw"]
    assert train(optimizer, *problem(2))[1] == {}


@pytest.mark.parametrize(("per_step", "size"), [(True, 4), (False, 1)])
def test_learns_one_value_a_step_or_one_for_all(per_step, size):
    assert [raw.shape for raw in SGD(4, per_step=per_step).parameters()] == [(size,)] * 2


@pytest.mark.parametrize("momentum", [-0.1, 1.0, float("nan")])
def test_refuses_a_momentum_out_of_range(momentum):
    with pytest.raises(ConfigurationError, match="momentum must be from 0"):
        SGD(2, momentum=momentum)


@pytest.mark.parametrize("rate", [0.0, -1.0, float("inf"), float("nan")])
def test_refuses_a_learning_rate_out_of_range(rate):
    with pytest.raises(ConfigurationError, match="learning rate must be a positive number"):
        SGD(2, learning_rate=rate)
