"""The vector environment against Gymnasium's own vectorisation of the single one, in all autoreset modes."""

import gymnasium
import numpy as np
import pytest
from gymnasium.error import InvalidAction, ResetNeeded
from gymnasium.vector import AutoresetMode, SyncVectorEnv
from gymnasium.wrappers import TimeLimit

from gtn_rl.environments import GeneratedEnv, GeneratedVectorEnv

COPIES, LIMIT = 3, 6


def both(artefact, mode):
    ours = GeneratedVectorEnv(artefact.generator, COPIES, max_episode_steps=LIMIT, autoreset_mode=mode)
    single = [lambda: TimeLimit(GeneratedEnv(artefact.generator), LIMIT)] * COPIES
    return ours, SyncVectorEnv(single, autoreset_mode=mode)


def assert_same_infos(found, expected):
    assert found.keys() == expected.keys()
    for key, value in expected.items():
        if key == "final_obs":
            for one, other in zip(found[key], value, strict=True):
                assert (one is None) == (other is None)
                if one is not None:
                    np.testing.assert_allclose(one, other, atol=1e-5)
        elif isinstance(value, np.ndarray):
            assert (found[key] == value).all()
        else:
            assert found[key] == value


@pytest.mark.parametrize("mode", list(AutoresetMode))
def test_agrees_with_gymnasium(artefact, mode):
    ours, theirs = both(artefact, mode)
    np.testing.assert_allclose(ours.reset(seed=4)[0], theirs.reset(seed=4)[0], atol=1e-6)
    ours.action_space.seed(0)
    for _ in range(40):
        actions = ours.action_space.sample()
        found, expected = ours.step(actions), theirs.step(actions)
        for one, other in zip(found[:4], expected[:4], strict=True):
            np.testing.assert_allclose(one, other, atol=1e-5)
            assert one.dtype == other.dtype
        assert_same_infos(found[4], expected[4])
        ended = found[2] | found[3]
        if mode == AutoresetMode.DISABLED and ended.any():
            again = [env.reset(options={"reset_mask": ended.copy()})[0] for env in (ours, theirs)]
            np.testing.assert_allclose(*again, atol=1e-5)


def test_copies_are_seeded_like_single_environments(artefact):
    vector = GeneratedVectorEnv(artefact.generator, 4)
    observations = vector.reset(seed=10)[0]
    single = GeneratedEnv(artefact.generator)
    np.testing.assert_allclose(observations, [single.reset(seed=10 + copy)[0] for copy in range(4)], atol=1e-6)
    assert (vector.reset(seed=[10, 11, 12, 13])[0] == observations).all()
    assert (vector.reset()[0] != observations).any()


def test_answers_are_the_callers_own(artefact):
    env = GeneratedVectorEnv(artefact.generator, 2)
    first = env.reset(seed=0)[0]
    kept = first.copy()
    env.step(env.action_space.sample())
    assert (first == kept).all()


def test_make_vec_and_metadata(artefact):
    gymnasium.register(
        "gtn-test/Vector-v0",
        vector_entry_point=GeneratedVectorEnv,
        kwargs={"artefact": artefact.generator},
        max_episode_steps=2,
    )
    try:
        env = gymnasium.make_vec("gtn-test/Vector-v0", 5, autoreset_mode="SameStep")
        assert env.metadata["autoreset_mode"] is AutoresetMode.SAME_STEP
        assert env.max_episode_steps == 2
        assert env.reset(seed=0)[0].shape == (5, artefact.generator.size)
    finally:
        del gymnasium.registry["gtn-test/Vector-v0"]


def test_mistakes_are_refused(make_artefact):
    env = GeneratedVectorEnv(make_artefact("dynamics", "discrete").generator, 2, 1, AutoresetMode.DISABLED)
    with pytest.raises(ResetNeeded):
        env.step(np.zeros(2, dtype=int))
    env.reset(seed=0)
    with pytest.raises(InvalidAction):
        env.step(np.array([0, 5]))
    with pytest.raises(InvalidAction):
        env.step(np.zeros(3, dtype=int))
    env.step(np.zeros(2, dtype=int))
    with pytest.raises(ResetNeeded, match=r"\[0, 1\]"):
        env.step(np.zeros(2, dtype=int))
    with pytest.raises(ValueError, match="reset_mask"):
        env.reset(options={"reset_mask": np.zeros(3, dtype=bool)})
    with pytest.raises(ValueError, match="as many seeds"):
        env.reset(seed=[1])


def test_pictures_of_every_copy(artefact):
    env = GeneratedVectorEnv(artefact.generator, 2, render_mode="rgb_array")
    env.reset(seed=0)
    env.step(env.action_space.sample())
    assert [frame.shape[-1] for frame in env.render()] == [3, 3]
