"""The meta-gradient of the outer objective through the inner loop, against finite differences in double precision."""

import pytest
import torch
from torch.func import functional_call

from gtn_rl.demonstrations import Decisions, actor_critic_loss, initial_parameters

STEP = 1e-6


@pytest.fixture
def objective(new_demonstrations, new_policy):
    """The outer objective of two policies on fixed roll-outs and noise, and the meta-parameters."""

    def make(actions, clip=None, **changes):
        demonstrations = new_demonstrations(actions, **changes).double()
        source = torch.Generator().manual_seed(1)
        pupils = []
        for seed in range(2):
            policy = new_policy(actions, seed).double()
            observations = torch.randn(20, 3, generator=source, dtype=torch.float64)
            outputs = policy(observations).detach()
            done = policy.head.sample(outputs, source)
            advantages = torch.randn(20, generator=source, dtype=torch.float64)
            decisions = Decisions(observations, done, policy.head.log_prob(outputs, done), advantages)
            pupils.append((policy, initial_parameters(policy), decisions))

        def loss():
            total = torch.zeros((), dtype=torch.float64)
            for seed, (policy, parameters, decisions) in enumerate(pupils):
                taught = demonstrations.taught_parameters(policy, parameters, seed)
                outputs = functional_call(policy, taught, (decisions.observations,))
                total = total + actor_critic_loss(policy.head, outputs, decisions, clip=clip, entropy=0.1)
            return total

        return loss, list(demonstrations.parameters())

    return make


@pytest.mark.parametrize("step_size", ["relative", "plain"])
@pytest.mark.parametrize("steps", [1, 3])
@pytest.mark.parametrize("actions", ["discrete", "continuous"])
def test_agrees_with_finite_differences(objective, actions, steps, step_size):
    loss, parameters = objective(actions, steps=steps, step_size=step_size, target_scale=2.0)
    gradients = torch.autograd.grad(loss(), parameters)
    assert all(gradient.abs().max() > 0 for gradient in gradients)
    source = torch.Generator().manual_seed(2)
    for parameter, gradient in zip(parameters, gradients, strict=True):
        direction = torch.randn(parameter.shape, generator=source, dtype=torch.float64)
        values = []
        for sign in (1, -1):
            with torch.no_grad():
                parameter += sign * STEP * direction
                values.append(loss().item())
                parameter -= sign * STEP * direction
        expected = (values[0] - values[1]) / (2 * STEP)
        assert (gradient * direction).sum().item() == pytest.approx(expected, rel=1e-5, abs=1e-8)


def test_loss_without_a_graph_is_the_same(objective):
    loss, _ = objective("discrete", steps=2)
    with torch.no_grad():
        without = loss().item()
    assert without == loss().item()


def test_clipped_objective_stops_where_the_ratio_has_gone_far_enough(objective):
    unclipped, _ = objective("discrete", target_scale=50.0, initial_step_size=1.0)
    clipped, _ = objective("discrete", clip=0.2, target_scale=50.0, initial_step_size=1.0)
    assert clipped().item() > unclipped().item()  # a pessimistic bound
