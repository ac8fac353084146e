import gymnasium
import numpy as np
import pytest
import torch
from gymnasium.vector import AutoresetMode, SyncVectorEnv
from gymnasium.wrappers import TimeLimit

from gtn_core.errors import ConfigurationError, UnknownNameError
from gtn_rl.policies import CategoricalHead
from gtn_rl.rollouts import Environments, check_env_id, collect, first_returns, side_by_side, whole_episodes

TO_ENVIRONMENT = CategoricalHead(2).to_environment
MODES = list(AutoresetMode)


def zeros(observations):
    return torch.zeros(len(observations), dtype=torch.long)


def environments(make, mode, count=2):
    return Environments(SyncVectorEnv([make] * count, autoreset_mode=mode))


@pytest.mark.parametrize("mode", MODES)
def test_states_that_truly_followed_and_rewards(corridor, mode):
    found = collect(environments(lambda: corridor(3), mode), zeros, 8, 0, TO_ENVIRONMENT)
    kept = found.valid[:, 0]
    assert found.observations[kept, 0, 0].tolist()[:6] == [0, 1, 2, 0, 1, 2]
    assert found.successors[kept, 0, 0].tolist()[:6] == [1, 2, 3, 1, 2, 3]
    assert found.rewards[kept, 0].tolist()[:6] == [0, 1, 2, 0, 1, 2]
    assert found.terminated[kept, 0].tolist()[:6] == [False, False, True] * 2
    assert not found.truncated.any()
    assert first_returns(found).tolist() == [3.0] * 2


@pytest.mark.parametrize("mode", MODES)
def test_a_time_limit_truncates_and_does_not_terminate(corridor, mode):
    found = collect(environments(lambda: TimeLimit(corridor(9), 2), mode), zeros, 2, 0, TO_ENVIRONMENT)
    assert found.truncated[1].all()
    assert not found.terminated.any()
    assert found.successors[1, :, 0].tolist() == [2, 2]


@pytest.mark.parametrize(("mode", "expected"), [(AutoresetMode.SAME_STEP, 16), (AutoresetMode.NEXT_STEP, 12)])
def test_real_steps_are_counted_and_resets_are_not(corridor, mode, expected):
    made = environments(lambda: corridor(3), mode)
    found = collect(made, zeros, 8, 0, TO_ENVIRONMENT)
    assert made.steps == expected == int(found.valid.sum())


@pytest.mark.parametrize("mode", MODES)
def test_whole_episodes_of_different_lengths(corridor, mode):
    made = Environments(SyncVectorEnv([lambda: corridor(2), lambda: corridor(5)], autoreset_mode=mode))
    found = whole_episodes(made, zeros, 0, TO_ENVIRONMENT)
    assert found.returns.tolist() == [1.0, 10.0]
    assert found.lengths.tolist() == [2, 5]


def test_a_seed_replays_everything_after_it():
    with Environments.make("CartPole-v1", 3) as made:
        first = collect(made, zeros, 40, 7, TO_ENVIRONMENT)
        collect(made, zeros, 11, 8, TO_ENVIRONMENT)
        second = collect(made, zeros, 40, 7, TO_ENVIRONMENT)
    assert first.terminated.any()
    assert all(torch.equal(*pair) for pair in zip(first, second, strict=True))


def test_returns_of_cart_pole_agree_with_one_environment_alone():
    policy = torch.tensor([[0.0, 0.0, 1.0, 0.5]]).T

    def act(observations):
        return (observations @ policy)[:, 0].gt(0).long()

    with Environments.make("CartPole-v1", 3) as made:
        found = whole_episodes(made, act, 5, TO_ENVIRONMENT)
    single = gymnasium.make("CartPole-v1")
    for index in range(3):
        observation, _ = single.reset(seed=5 + index)
        total, over = 0.0, False
        while not over:
            action = int(act(torch.from_numpy(np.array(observation, dtype=np.float32))[None]))
            observation, reward, terminated, truncated, _ = single.step(action)
            total, over = total + reward, terminated or truncated
        assert found.returns[index] == total


def test_policies_side_by_side_meet_their_own_share(corridor):
    def one(observations):
        return torch.ones(len(observations), dtype=torch.long)

    made = environments(lambda: corridor(3), AutoresetMode.SAME_STEP, count=4)
    found = collect(made, side_by_side([zeros, one]), 2, 0, TO_ENVIRONMENT)
    assert found.actions.tolist() == [[0, 0, 1, 1]] * 2


def test_an_unknown_environment_is_one_line_with_the_nearest():
    with pytest.raises(UnknownNameError, match="did you mean 'CartPole-v1'") as caught:
        Environments.make("CartPol-v1", 1)
    assert "\n" not in str(caught.value)
    with pytest.raises(ConfigurationError, match="cannot be found"):
        check_env_id("no_such_module:Thing-v0")


def test_wrong_keywords_are_a_clear_error():
    with pytest.raises(ConfigurationError, match="cannot be made"):
        Environments.make("CartPole-v1", 1, gravitation=3)


def test_a_vector_environment_must_say_how_it_begins_anew(corridor):
    vector = SyncVectorEnv([lambda: corridor(2)])
    vector.metadata = {}
    with pytest.raises(ConfigurationError, match="autoreset_mode"):
        Environments(vector)
