"""The meta-gradient of a generated environment: against finite differences, and against a known answer."""

import pytest
import torch

from gtn_core.inner_optimizers import SGD, Adam
from gtn_rl.environments import GeneratorSpecification, spaces_of
from gtn_rl.environments._agents import draw_agents
from gtn_rl.environments._inner_loop import InnerTraining
from gtn_rl.environments._outer_objective import Decisions, Group, score_function_loss
from gtn_rl.environments._settings import InnerLoop
from gtn_rl.policies import head_for

AGENTS, STEPS = 2, 6
TINY = InnerLoop(widths=(3, 3), depths=(1, 1), activations=("tanh",), initializations=("default",), batch=5, horizon=3)
REAL = {"discrete": "CartPole-v1", "continuous": "Pendulum-v1"}
OPTIMIZERS = {
    "sgd": SGD(steps=1, learning_rate=0.3, momentum=0.5, per_step=False),
    "adam": Adam(steps=1, learning_rate=0.05, eps_root=1e-4, per_step=False),
}


@pytest.fixture(autouse=True)
def _double_precision():
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


def fixed_decisions(spaces, head):
    draws = torch.Generator().manual_seed(7)
    shape = (STEPS, AGENTS)
    states = 0.2 * torch.randn(*shape, spaces.observation_size, generator=draws)
    outputs = torch.randn(*shape, head.outputs, generator=draws)
    advantages, before = (torch.randn(shape, generator=draws) for _ in range(2))
    return Decisions(states, head.sample(outputs, draws), before, advantages, torch.ones(shape, dtype=torch.bool))


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_agrees_with_finite_differences(form, actions, optimizer):
    spaces = spaces_of(REAL[actions])
    generator = GeneratorSpecification(form=form, spaces=spaces, hidden=4).build(seed=2).double()
    head = head_for(spaces.actions.space())
    agents = draw_agents(spaces, TINY, AGENTS, torch.Generator().manual_seed(1))
    inner = InnerTraining(OPTIMIZERS[optimizer].double().requires_grad_(False), 3, TINY.batch, TINY.horizon, 0.9)
    decisions = fixed_decisions(spaces, head)

    def loss(differentiable):
        noise = torch.Generator().manual_seed(5)  # common random numbers
        trained = inner.train(generator, agents, noise, differentiable=differentiable)
        return score_function_loss(Group(agents, trained, head), decisions)

    parameters = list(generator.parameters())
    found = torch.autograd.grad(loss(True), parameters, allow_unused=True, materialize_grads=True)
    for parameter, gradient in zip(parameters, found, strict=True):
        direction = torch.randn(parameter.shape, generator=torch.Generator().manual_seed(3))
        values = []
        for sign in (1, -1):
            with torch.no_grad():
                parameter.add_(direction, alpha=sign * 1e-5)
            values.append(loss(False).item())
            with torch.no_grad():
                parameter.sub_(direction, alpha=sign * 1e-5)
        expected = (values[0] - values[1]) / 2e-5
        assert (gradient * direction).sum().item() == pytest.approx(expected, rel=1e-4, abs=1e-8)


def test_score_function_is_unbiased_where_the_answer_is_known():
    """One state, two actions of known reward: the gradient of the expected reward has a closed form."""
    spaces = spaces_of("CartPole-v1")
    head = head_for(spaces.actions.space())
    agents = draw_agents(spaces, TINY, 1, torch.Generator().manual_seed(1))
    parameters = {name: value.clone().requires_grad_() for name, value in agents.parameters.items()}
    state, rewards, count = torch.tensor([0.1, -0.2, 0.3, 0.1]), torch.tensor([1.0, 3.0]), 20_000
    group = Group(agents, parameters, head)

    outputs = group.outputs(state.expand(1, 1, 4))[0, 0]
    exact = torch.autograd.grad(-(outputs.softmax(-1) * rewards).sum(), list(parameters.values()))

    states = state.expand(count, 1, 4)
    outputs = group.outputs(states).detach()
    drawn = head.sample(outputs, torch.Generator().manual_seed(0))
    before, valid = head.log_prob(outputs, drawn), torch.ones(count, 1, dtype=torch.bool)
    for baseline in (0.0, 2.0):  # which must not change the mean, only the spread
        loss = score_function_loss(group, Decisions(states, drawn, before, rewards[drawn] - baseline, valid))
        estimate = torch.autograd.grad(loss, list(parameters.values()))
        for one, other in zip(estimate, exact, strict=True):
            torch.testing.assert_close(one, other, atol=0.05, rtol=0.05)


def test_differentiable_and_plain_training_agree(form, actions):
    spaces = spaces_of(REAL[actions])
    generator = GeneratorSpecification(form=form, spaces=spaces, hidden=4).build(seed=2).double()
    agents = draw_agents(spaces, TINY, AGENTS, torch.Generator().manual_seed(1))
    inner = InnerTraining.draw(TINY, torch.Generator().manual_seed(0))
    plain, graph = (
        inner.train(generator, agents, torch.Generator().manual_seed(5), differentiable=wanted)
        for wanted in (False, True)
    )
    for name, value in plain.items():
        torch.testing.assert_close(value, graph[name].detach())


def test_clip_takes_away_the_gain_of_going_too_far():
    spaces = spaces_of("CartPole-v1")
    head = head_for(spaces.actions.space())
    agents = draw_agents(spaces, TINY, AGENTS, torch.Generator().manual_seed(1))
    parameters = {name: value.clone().requires_grad_() for name, value in agents.parameters.items()}
    group, decisions = Group(agents, parameters, head), fixed_decisions(spaces, head)
    now = head.log_prob(group.outputs(decisions.observations), decisions.actions).detach()
    gained = decisions._replace(log_probabilities=now - 1.0, advantages=torch.ones_like(now))
    loss = score_function_loss(group, gained, clip=0.2)
    assert loss.item() == pytest.approx(-1.2)
    assert all((gradient == 0).all() for gradient in torch.autograd.grad(loss, list(parameters.values())))
