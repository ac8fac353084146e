import numpy as np
import pytest
import torch
from gymnasium import spaces
from torch.distributions import Categorical, Independent, Normal

from gtn_core.errors import ConfigurationError
from gtn_rl.policies import CategoricalHead, GaussianHead, MLPFamily, ValueNetwork, head_for, observation_size, stacked

OBSERVATIONS = spaces.Box(-1.0, 1.0, (4,))


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def test_same_generator_same_policy_whatever_the_global_state():
    family = MLPFamily(activations=("tanh", "relu"))
    torch.manual_seed(1)
    first = family.draw(OBSERVATIONS, spaces.Discrete(2), generator())
    torch.manual_seed(2)
    second = family.draw(OBSERVATIONS, spaces.Discrete(2), generator())
    assert first.description == second.description
    assert all(torch.equal(*pair) for pair in zip(first.parameters(), second.parameters(), strict=True))


def test_family_covers_its_range_and_stays_in_it():
    family = MLPFamily(widths=(4, 16), depths=(1, 3), activations=("tanh", "relu", "silu"))
    source = generator()
    drawn = [family.draw(OBSERVATIONS, spaces.Discrete(2), source).description for _ in range(200)]
    widths = {int(text.split("-")[1]) for text in drawn}
    depths = {text.split()[0].count("-") - 1 for text in drawn}
    assert widths == set(range(4, 17))
    assert depths == {1, 2, 3}
    assert {text.split()[1] for text in drawn} == {"tanh", "relu", "silu"}


def test_family_refuses_a_range_upside_down():
    with pytest.raises(ValueError, match="widths are least and greatest; got 8 and 4"):
        MLPFamily(widths=(8, 4))


def test_orthogonal_policies_start_close_to_uniform():
    family = MLPFamily(initialization="orthogonal", widths=(32, 64))
    policy = family.draw(OBSERVATIONS, spaces.Discrete(2), generator())
    assert policy(torch.randn(100, 4)).abs().max() < 0.2
    hidden = policy.network[0].weight
    torch.testing.assert_close(hidden.T @ hidden, 2 * torch.eye(4), atol=1e-5, rtol=0)


def test_categorical_head_agrees_with_torch():
    outputs, head = torch.randn(5, 3, 4), CategoricalHead(4)
    actions = head.sample(outputs, generator())
    expected = Categorical(logits=outputs)
    torch.testing.assert_close(head.log_prob(outputs, actions), expected.log_prob(actions))
    torch.testing.assert_close(head.entropy(outputs), expected.entropy())


def test_gaussian_head_agrees_with_torch():
    head = GaussianHead(low=(-1.0, 0.0), high=(1.0, 4.0), deviation=0.5)
    outputs = torch.randn(6, 2)
    expected = Independent(Normal(head.mode(outputs), torch.tensor([0.5, 1.0])), 1)
    actions = head.sample(outputs, generator())
    torch.testing.assert_close(head.log_prob(outputs, actions), expected.log_prob(actions))
    torch.testing.assert_close(head.entropy(outputs), expected.entropy())


def test_samples_have_the_distribution_of_the_outputs():
    head = CategoricalHead(2)
    outputs = torch.tensor([0.0, 1.0]).expand(20_000, 2)
    share = head.sample(outputs, generator()).float().mean().item()
    assert share == pytest.approx(torch.tensor(1.0).sigmoid().item(), abs=0.01)


def test_actions_for_the_environment_are_in_its_space():
    box = spaces.Box(np.float32([-2.0, 0.0]), np.float32([2.0, 1.0]))
    drawn = head_for(box).to_environment(head_for(box).sample(torch.randn(50, 2), generator()))
    assert all(box.contains(action) for action in drawn)
    shifted = spaces.Discrete(3, start=5)
    assert set(head_for(shifted).to_environment(torch.tensor([0, 1, 2]))) == {5, 6, 7}


def test_an_unbounded_action_is_the_output_itself():
    outputs = torch.tensor([[3.0]])
    assert torch.equal(head_for(spaces.Box(-np.inf, np.inf, (1,))).mode(outputs), outputs)


@pytest.mark.parametrize("space", [spaces.MultiBinary(3), spaces.Box(0, 1, (2, 2)), spaces.Box(0, 9, (2,), np.int64)])
def test_spaces_no_network_serves(space):
    with pytest.raises(ConfigurationError, match="cannot be given"):
        head_for(space)
    with pytest.raises(ConfigurationError, match="cannot be met"):
        observation_size(space)


def test_value_network_has_one_value_a_state():
    assert ValueNetwork(4, generator(), width=8)(torch.zeros(2, 3, 4)).shape == (2, 3)


def test_stacked_policies_say_what_each_says_alone():
    family = MLPFamily(widths=(3, 40), depths=(1, 4), activations=("tanh", "relu", "gelu", "silu"))
    source = generator(3)
    policies = [family.draw(OBSERVATIONS, spaces.Discrete(3), source) for _ in range(12)]
    observations = torch.randn(24, 4)
    others = [{name: torch.randn_like(value) for name, value in policy.named_parameters()} for policy in policies]
    own = torch.cat([policy(observations[2 * i : 2 * i + 2]) for i, policy in enumerate(policies)])
    torch.testing.assert_close(stacked(policies)(observations), own)
    given = [
        torch.func.functional_call(policy, parameters, (observations[2 * i : 2 * i + 2],))
        for i, (policy, parameters) in enumerate(zip(policies, others, strict=True))
    ]
    torch.testing.assert_close(stacked(policies, others)(observations), torch.cat(given), rtol=1e-4, atol=1e-4)
