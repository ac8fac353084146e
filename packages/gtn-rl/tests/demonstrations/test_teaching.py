import pytest
import torch
import torch.nn.functional as F
from torch import nn

from gtn_rl.demonstrations import StepSize, initial_parameters, taught_parameters
from gtn_rl.errors import PolicyError


def test_a_plain_step_is_that_of_torch(new_demonstrations, new_policy):
    demonstrations = new_demonstrations(step_size="plain", initial_step_size=0.3, initial_bias_factor=1.0)
    expected, policy = new_policy(), new_policy()
    states, targets = demonstrations.batch(seed=4)
    F.mse_loss(expected(states), targets.detach()).backward()
    torch.optim.SGD(expected.parameters(), lr=0.3).step()
    demonstrations.teach(policy, seed=4)
    for found, wanted in zip(policy.parameters(), expected.parameters(), strict=True):
        torch.testing.assert_close(found, wanted)


def test_relative_steps_are_the_same_whatever_the_size_of_the_parameters():
    """A network whose outputs are c times as sensitive to its weights moves its outputs by the same amount."""
    batch = torch.randn(32, 3), torch.randn(32, 2)
    outputs = []
    for factor in (1.0, 10.0):
        weight = {"weight": torch.zeros(2, 3)}

        class Scaled(nn.Module):
            def __init__(self):
                super().__init__()
                self.weight = nn.Parameter(torch.zeros(2, 3))

            def forward(self, states, factor=factor):
                return factor * states @ self.weight.T

        policy = Scaled()
        found = taught_parameters(policy, weight, lambda step: batch, StepSize("relative", 1, 0.5), 1)
        outputs.append(factor * batch[0] @ found["weight"].T)
    torch.testing.assert_close(*outputs)


@pytest.mark.parametrize("steps", [1, 4])
def test_teaching_lowers_the_loss_and_repeats_itself(new_demonstrations, new_policy, steps):
    demonstrations = new_demonstrations(steps=steps, target_scale=3.0)
    first, second = demonstrations.teach(new_policy()), demonstrations.teach(new_policy())
    assert all(torch.equal(*pair) for pair in zip(first.parameters(), second.parameters(), strict=True))
    states, targets = demonstrations.batch()
    assert F.mse_loss(first(states), targets) < F.mse_loss(new_policy()(states), targets)


def test_targets_have_mean_zero(new_demonstrations):
    targets = new_demonstrations(batch=64).batch().targets
    torch.testing.assert_close(targets.mean(0), torch.zeros(2), atol=1e-4, rtol=0)


def test_frozen_parameters_stay(new_demonstrations, new_policy):
    policy = new_policy()
    policy.network[0].requires_grad_(False)
    before = policy.network[0].weight.clone()
    new_demonstrations().teach(policy)
    assert torch.equal(policy.network[0].weight, before)


def test_a_policy_is_not_changed_by_what_it_would_become(new_demonstrations, new_policy):
    policy = new_policy()
    before = initial_parameters(policy)
    new_demonstrations().taught_parameters(policy, before)
    assert all(torch.equal(before[name], value) for name, value in policy.named_parameters())


@pytest.mark.parametrize(
    ("network", "message"),
    [
        (nn.Linear(4, 2), "does not run on states"),
        (nn.Linear(3, 5), "returned \\[2, 5\\]"),
        (nn.Linear(3, 2).requires_grad_(False), "nothing to train"),
    ],
)
def test_policies_that_cannot_be_taught(new_demonstrations, network, message):
    with pytest.raises(PolicyError, match=message) as caught:
        new_demonstrations().teach(network)
    assert "\n" not in str(caught.value)
