"""The score-function term on a bandit whose expected reward, and so the true gradient, is known."""

import pytest
import torch
from torch.func import functional_call

from gtn_rl.demonstrations import Decisions, actor_critic_loss, initial_parameters
from gtn_rl.policies import CategoricalHead, GaussianHead

REWARDS = torch.tensor([1.0, -0.5, 3.0], dtype=torch.float64)
HEAD = CategoricalHead(3)


def test_expectation_is_exactly_the_gradient_of_the_expected_reward():
    outputs = torch.tensor([0.3, -0.2, 0.1], dtype=torch.float64, requires_grad=True)
    (expected,) = torch.autograd.grad((outputs.softmax(-1) * REWARDS).sum(), outputs)
    for baseline in (0.0, 7.0):  # which must not matter
        found = torch.zeros(3, dtype=torch.float64)
        for action, probability in enumerate(outputs.detach().softmax(-1)):
            decisions = _decisions(outputs, torch.tensor([action]), baseline)
            (gradient,) = torch.autograd.grad(actor_critic_loss(HEAD, outputs[None], decisions), outputs)
            found -= probability * gradient
        torch.testing.assert_close(found, expected)


def test_mean_of_many_draws_is_the_meta_gradient_of_the_expected_reward(new_demonstrations):
    """Through the inner loop: what the outer objective estimates is d E[reward] / d meta-parameters."""
    demonstrations = new_demonstrations(target_scale=3.0).double()
    policy = torch.nn.Linear(3, 2).double()
    state = torch.tensor([[0.5, -0.3, 0.8]], dtype=torch.float64)
    parameters, head = initial_parameters(policy), CategoricalHead(2)

    def outputs():
        return functional_call(policy, demonstrations.taught_parameters(policy, parameters), (state,))

    meta = demonstrations.generator.log_scales
    (expected,) = torch.autograd.grad((outputs().softmax(-1) * REWARDS[:2]).sum(), meta)
    (jacobian,) = torch.autograd.grad((outputs()[:, 1] - outputs()[:, 0]).sum(), meta)
    count = 40_000
    taught = outputs()
    actions = head.sample(taught.detach().expand(count, 2), torch.Generator().manual_seed(0))
    decisions = Decisions(
        state.expand(count, 3), actions, head.log_prob(taught.detach().expand(count, 2), actions), REWARDS[actions]
    )
    (found,) = torch.autograd.grad(-actor_critic_loss(head, taught.expand(count, 2), decisions), meta)
    probability = taught.detach().softmax(-1)[0, 1]
    scores = torch.where(actions == 1, 1 - probability, -probability) * REWARDS[actions]
    error = (scores.std() / count**0.5) * jacobian.abs()
    assert (found - expected).abs().le(4 * error + 1e-12).all()
    assert expected.abs().max() > 20 * error.max()  # so the comparison says something


def test_gaussian_score_is_unbiased_too():
    head = GaussianHead(low=(-float("inf"),), high=(float("inf"),), deviation=0.5)
    centre = torch.tensor([0.4], dtype=torch.float64, requires_grad=True)
    count = 100_000
    actions = head.sample(centre.detach().expand(count, 1), torch.Generator().manual_seed(0))
    log_probs = head.log_prob(centre.detach().expand(count, 1), actions)
    reward = -(actions[:, 0] - 2).square()  # expected: -(centre - 2)^2 - variance
    decisions = Decisions(torch.zeros(count, 1), actions, log_probs, reward)
    (found,) = torch.autograd.grad(-actor_critic_loss(head, centre.expand(count, 1), decisions), centre)
    assert found.item() == pytest.approx(2 * (2 - 0.4), abs=0.1)


def test_clip_leaves_the_first_gradient_alone():
    outputs = torch.tensor([[0.3, -0.2, 0.1]], dtype=torch.float64, requires_grad=True)
    decisions = _decisions(outputs[0], torch.tensor([2]), 0.0)
    plain = torch.autograd.grad(actor_critic_loss(HEAD, outputs, decisions), outputs)
    clipped = torch.autograd.grad(actor_critic_loss(HEAD, outputs, decisions, clip=0.2), outputs)
    torch.testing.assert_close(plain, clipped)


def test_entropy_is_held_up():
    outputs = torch.tensor([[2.0, 0.0, 0.0]], requires_grad=True)
    decisions = Decisions(torch.zeros(1, 1), torch.tensor([0]), torch.zeros(1), torch.zeros(1))
    actor_critic_loss(HEAD, outputs, decisions, entropy=1.0).backward()
    after = outputs.detach() - 0.1 * outputs.grad
    assert HEAD.entropy(after) > HEAD.entropy(outputs)


def _decisions(outputs, actions, baseline):
    log_probs = HEAD.log_prob(outputs.detach()[None], actions)
    return Decisions(torch.zeros(1, 1), actions, log_probs, REWARDS[actions] - baseline)
