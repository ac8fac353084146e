"""What every generated environment promises, whatever its form."""

import pytest
import torch

from gtn_rl.environments import side_by_side, spaces_of


def transition(generator, count=32):
    noise = torch.randn(count, generator.size, generator=torch.Generator().manual_seed(3))
    states = generator.initial(noise)
    torch.manual_seed(0)
    space = generator.spaces.actions.space()
    space.seed(0)
    given = torch.stack([torch.as_tensor(space.sample()) for _ in range(count)])
    return states, generator.encode(given), generator.advance(states, generator.encode(given))


def test_observations_lie_in_the_real_space(artefact):
    generator = artefact.generator
    states, _, after = transition(generator)
    space = generator.spaces.observations.space()
    for observed in (generator.observe(states), generator.observe(after.state), generator.observe(1e6 * states)):
        assert all(space.contains(row.numpy()) for row in observed)


def test_shapes_and_finite_values(artefact):
    states, _, after = transition(artefact.generator)
    assert after.state.shape == states.shape
    assert after.reward.shape == after.termination.shape == states.shape[:1]
    assert all(value.isfinite().all() for value in after)


def test_bandit_ends_at_once_and_dynamics_do_not_always(artefact, form):
    ends = transition(artefact.generator)[2].termination > 0
    assert artefact.generator.episodic == (form == "dynamics")
    assert ends.all() == (form == "bandit")


def test_expected_outcome_is_the_mean_over_actions(make_artefact, form):
    generator = make_artefact(form, "discrete").generator
    states = generator.initial(torch.randn(7, generator.size))
    probabilities = torch.rand(7, 2).softmax(-1)
    mixed = generator.advance(states, probabilities).reward
    if form == "bandit":
        alone = [generator.advance(states, generator.encode(torch.full((7,), action))).reward for action in (0, 1)]
        torch.testing.assert_close(mixed, (probabilities * torch.stack(alone, -1)).sum(-1))
    assert mixed.shape == (7,)


def test_bandit_rewards_are_advantages(make_artefact):
    generator = make_artefact("bandit", "discrete").generator
    states = generator.initial(torch.randn(9, generator.size))
    rewards = [generator.advance(states, generator.encode(torch.full((9,), action))).reward for action in (0, 1)]
    torch.testing.assert_close(rewards[0], -rewards[1])
    assert rewards[0].abs().max() < 2


def test_best_actions_are_rewarded_most(make_artefact, actions):
    generator = make_artefact("bandit", actions).generator
    states = generator.initial(torch.randn(9, generator.size))
    best = generator.encode(generator.best_actions(generator.observe(states)))
    found = generator.advance(states, best).reward
    for other in generator.choices if actions == "discrete" else torch.tensor([[-1.0], [0.3], [1.0]]):
        assert (found >= generator.advance(states, other.expand(9, -1)).reward - 1e-5).all()


def test_latent_states_are_found_again_from_what_agents_see(artefact):
    scaling = artefact.generator.scaling
    states = artefact.generator.initial(torch.randn(50, artefact.generator.size))
    torch.testing.assert_close(scaling.latent(scaling(states)), states, atol=1e-3, rtol=1e-3)
    bounds = scaling.latent(torch.where(scaling.bounded, scaling.high, scaling.mean))
    assert bounds.isfinite().all()


def test_generators_side_by_side_do_what_each_does_alone(artefact):
    one = artefact.generator
    other = artefact.specification.build(seed=9)
    other.scaling.load_state_dict(one.scaling.state_dict())
    own = [dict(each.named_parameters()) for each in (one, other)]
    both = side_by_side(one, {name: torch.stack([each[name].detach() for each in own]) for name in own[0]})
    noise, actions = torch.randn(2, 7, one.size), torch.rand(2, 7, one.spaces.action_size)
    states = both.initial(noise)
    found = both.advance(states, actions)
    for place, alone in enumerate((one, other)):
        expected = alone.advance(alone.initial(noise[place]), actions[place])
        torch.testing.assert_close(both.observe(states)[place], alone.observe(alone.initial(noise[place])))
        torch.testing.assert_close([part[place] for part in found], list(expected))
        if not one.episodic:
            seen = both.observe(states)
            torch.testing.assert_close(both.best_actions(seen)[place], alone.best_actions(seen[place]))


def test_actions_are_encoded_within_bounds(make_artefact):
    generator = make_artefact("bandit", "continuous").generator
    encoded = generator.encode(torch.tensor([[-2.0], [0.0], [2.0], [9.0]]))
    assert encoded.flatten().tolist() == [-1.0, 0.0, 1.0, 1.0]


@pytest.mark.parametrize("env_id", ["CartPole-v1", "Acrobot-v1", "Pendulum-v1", "MountainCar-v0"])
def test_spaces_are_those_of_the_real_environment(env_id):
    import gymnasium

    with gymnasium.make(env_id) as real:
        found = spaces_of(env_id)
        assert found.observations.space() == real.observation_space
        assert found.actions.space() == real.action_space


def test_moments_are_measured(make_artefact):
    generator = make_artefact("bandit", "discrete").generator
    seen = torch.randn(500, 4) * 0.1 + 0.2
    generator.scaling.measure(seen)
    torch.testing.assert_close(generator.scaling.mean, seen.mean(0))
    torch.testing.assert_close(generator.scaling.std, seen.std(0))


def test_initial_states_follow_real_ones(artefact):
    generator = artefact.generator
    mixing = torch.diag(torch.linspace(0.2, 0.5, generator.size))
    mixing[0, -1] = 0.1
    real = generator.scaling(torch.randn(4000, generator.size) @ mixing + 0.3)
    generator.follow(real, rate=1.0)
    states = generator.initial(torch.randn(4000, generator.size))
    torch.testing.assert_close(states.mean(0), torch.full((generator.size,), 0.3), atol=0.05, rtol=0.0)
    torch.testing.assert_close(states.T.cov(), mixing.T @ mixing, atol=0.03, rtol=0.0)
