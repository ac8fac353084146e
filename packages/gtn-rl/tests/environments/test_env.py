"""Generated environments as Gymnasium and Stable-Baselines3 see them."""

import subprocess
import sys
import warnings

import gymnasium
import numpy as np
import pytest
from gymnasium.error import InvalidAction, ResetNeeded
from gymnasium.utils.env_checker import check_env

from gtn_rl.environments import GeneratedEnv, load_environment, register_environments

SHIPPED = register_environments()


def complaints(check, env):
    """What a checker warns of; an error it raises passes through."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        check(env)
    return {str(one.message).splitlines()[0] for one in caught}


def without_names(messages):
    return {message.split("(")[0] for message in messages}


@pytest.fixture
def registered(artefact):
    name = "gtn-test/Probe-v0"
    gymnasium.register(name, entry_point=GeneratedEnv, kwargs={"artefact": artefact.generator}, max_episode_steps=20)
    yield name
    del gymnasium.registry[name]


def test_gymnasium_checker_has_no_more_to_say_than_of_the_real_one(registered, artefact):
    with gymnasium.make(registered) as ours, gymnasium.make(artefact.card.real_env) as real:
        found = complaints(check_env, ours.unwrapped)
        assert without_names(found) <= without_names(
            complaints(lambda env: check_env(env, skip_render_check=True), real.unwrapped)
        )


def test_stable_baselines_checker_has_no_more_to_say_than_of_the_real_one(registered, artefact):
    check = pytest.importorskip("stable_baselines3.common.env_checker").check_env
    with gymnasium.make(registered) as ours, gymnasium.make(artefact.card.real_env) as real:
        assert complaints(check, ours) <= complaints(check, real)


@pytest.mark.parametrize("name", SHIPPED)
def test_checkers_have_no_more_to_say_of_those_that_ship_than_of_the_real_ones(name):
    ours_of_sb3 = pytest.importorskip("stable_baselines3.common.env_checker").check_env
    with gymnasium.make(name) as ours, gymnasium.make(load_environment(name).card.real_env) as real:
        assert without_names(complaints(check_env, ours.unwrapped)) <= without_names(
            complaints(lambda env: check_env(env, skip_render_check=True), real.unwrapped)
        )
        assert complaints(ours_of_sb3, ours) <= complaints(ours_of_sb3, real)
        assert ours.observation_space == real.observation_space
        assert ours.action_space == real.action_space


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_ones_step_alike_one_by_one_and_as_a_batch(name):
    batch = gymnasium.make_vec(name, 3, autoreset_mode="SameStep")
    expected = gymnasium.make_vec(name, 3, "sync", vector_kwargs={"autoreset_mode": "SameStep"})
    np.testing.assert_allclose(batch.reset(seed=2)[0], expected.reset(seed=2)[0], atol=1e-6)
    batch.action_space.seed(0)
    for _ in range(10):
        actions = batch.action_space.sample()
        for one, other in zip(batch.step(actions)[:4], expected.step(actions)[:4], strict=True):
            np.testing.assert_allclose(one, other, atol=1e-5)


def rollout(env, seed, steps=30):
    seen = [env.reset(seed=seed)[0]]
    env.action_space.seed(seed)
    for _ in range(steps):
        observation, reward, terminated, _, _ = env.step(env.action_space.sample())
        seen.append(np.append(observation, reward))
        if terminated:
            seen.append(env.reset()[0])
    return np.concatenate(seen)


def test_same_seed_same_trajectory(artefact):
    first, again, other = (rollout(GeneratedEnv(artefact.generator), seed) for seed in (5, 5, 6))
    assert (first == again).all()
    assert first.shape != other.shape or (first != other).any()


SCRIPT = """
import hashlib, sys
import numpy as np, torch
torch.set_num_threads(1)
import gtn_rl, gymnasium
from gtn_rl.environments import GeneratorSpecification, GeneratedVectorEnv, spaces_of
digest = hashlib.sha256()
environments = []
for form in ("bandit", "dynamics"):
    for real in ("CartPole-v1", "Pendulum-v1"):
        generator = GeneratorSpecification(form=form, spaces=spaces_of(real)).build(seed=3).requires_grad_(False)
        environments.append(GeneratedVectorEnv(generator, 4, max_episode_steps=5))
environments += [gymnasium.make_vec(name, 4) for name in gtn_rl.shipped_environments()]
for env in environments:
    digest.update(env.reset(seed=9)[0].tobytes())
    env.action_space.seed(1)
    for _ in range(20):
        for part in env.step(env.action_space.sample())[:4]:
            digest.update(np.ascontiguousarray(part).tobytes())
print(digest.hexdigest())
"""


def test_same_seed_same_trajectory_in_two_processes():
    found = [subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True) for _ in range(2)]
    assert found[0].returncode == 0, found[0].stderr
    assert found[0].stdout == found[1].stdout != ""


def test_pictures(artefact):
    env = GeneratedEnv(artefact.generator, render_mode="rgb_array")
    with pytest.raises(ResetNeeded):
        env.render()
    env.reset(seed=0)
    env.action_space.seed(0)
    before = env.render()
    env.step(env.action_space.sample())
    after = env.render()
    assert before.shape == after.shape
    assert before.dtype == np.uint8
    assert (before != after).any()


def test_step_before_reset_and_wrong_action_are_refused(make_artefact):
    env = GeneratedEnv(make_artefact("bandit", "discrete").generator)
    with pytest.raises(ResetNeeded):
        env.step(0)
    env.reset(seed=0)
    with pytest.raises(InvalidAction, match="7 is no action"):
        env.step(7)


def test_unset_render_mode_warns(make_artefact):
    env = GeneratedEnv(make_artefact("bandit", "discrete").generator)
    env.reset(seed=0)
    with pytest.warns(UserWarning, match="render_mode"):
        assert env.render() is None
