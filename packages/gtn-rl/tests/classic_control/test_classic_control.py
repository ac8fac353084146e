"""The batched environments against Gymnasium's own, stepped one after the other."""

import gymnasium
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode

from gtn_rl.classic_control import BATCHED
from gtn_rl.environments import real_environments

COPIES = 3


@pytest.fixture(params=BATCHED)
def both(request):
    theirs = gymnasium.make_vec(
        request.param, COPIES, "sync", vector_kwargs={"autoreset_mode": AutoresetMode.SAME_STEP}
    )
    yield BATCHED[request.param](COPIES), theirs
    theirs.close()


def test_spaces_and_limits_are_gymnasiums(both):
    ours, theirs = both
    assert ours.spec == gymnasium.spec(ours.env_id)
    for name in ("single_observation_space", "single_action_space", "observation_space", "action_space"):
        assert getattr(ours, name) == getattr(theirs, name)


def held(ours, theirs, act, steps):
    """Whether the two go the same way for a number of steps, and how many episodes ended meanwhile."""
    found, expected = ours.reset(seed=7)[0], theirs.reset(seed=7)[0]
    np.testing.assert_allclose(found, expected, atol=1e-6)
    ended = 0
    for step in range(steps):
        actions = act(step, expected)
        found, expected = ours.step(actions), theirs.step(actions)
        for one, other in zip(found[:4], expected[:4], strict=True):
            np.testing.assert_allclose(one, other, atol=2e-4)
            assert one.dtype == other.dtype
        over = expected[2] | expected[3]
        for copy in np.flatnonzero(over):
            np.testing.assert_allclose(found[4]["final_obs"][copy], expected[4]["final_obs"][copy], atol=2e-4)
        ended += over.sum()
        expected = expected[0]
    return ended


def swing(step, observations):
    """What gains speed in each of them, so that episodes end by themselves too."""
    if observations.shape[1] == 2:
        return np.where(observations[:, 1] < 0, 0, 2)
    if observations.shape[1] == 6:
        return np.where(observations[:, 4] > 0, 0, 2)
    return 2 * np.sign(observations[:, 2:]).astype(np.float32)


def test_go_the_way_of_gymnasiums(both):
    assert held(*both, swing, 210) >= COPIES


def test_random_actions_lead_to_the_same_states(both):
    both[0].action_space.seed(0)
    held(*both, lambda step, observations: both[0].action_space.sample(), 60)


def test_answers_are_the_callers_own(both):
    ours, _ = both
    first = ours.reset(seed=0)[0]
    kept = first.copy()
    ours.step(ours.action_space.sample())
    assert (first == kept).all()


def test_meta_training_meets_them():
    assert isinstance(real_environments("Acrobot-v1", 2).vector, BATCHED["Acrobot-v1"])
