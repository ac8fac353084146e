"""Fresh agents of Stable-Baselines3 on tiny budgets, and what is refused."""

import json
import random
import sys

import numpy as np
import pytest
import torch

from gtn_core.errors import ConfigurationError, GTNError, UnknownNameError
from gtn_rl.cli import _evaluate
from gtn_rl.environments import Artefact, EnvironmentCard, GeneratorSpecification, save_environment, spaces_of
from gtn_rl.errors import ArtefactError
from gtn_rl.evaluation import check_agent, evaluate_environment, evaluate_real


@pytest.fixture
def make():
    def made(env_id="CartPole-v1", form="bandit"):
        specification = GeneratorSpecification(form=form, spaces=spaces_of(env_id), hidden=4)
        card = EnvironmentCard(real_env=env_id, max_episode_steps=15, real_steps=1)
        return Artefact(specification.build().requires_grad_(False), specification, card)

    return made


@pytest.mark.parametrize("form", ["bandit", "dynamics"])
def test_agents_train_and_are_tested(make, form):
    pytest.importorskip("stable_baselines3")
    before = random.getstate(), torch.random.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    runs = [
        evaluate_environment(make(form=form), "dqn", seeds=2, steps=120, curve=[50], episodes=2, seed=1)
        for _ in range(2)
    ]
    assert runs[0] == runs[1]
    found = runs[0]
    assert found.synthetic_steps == 120
    assert found.curve_steps == [50, 120]
    assert found.curve[-1] == found.returns
    assert len(found.returns) == 2
    assert found.low <= found.iqm <= found.high
    assert before[0] == random.getstate()
    assert (before[1] == torch.random.get_rng_state()).all()
    assert (before[2] == np.random.get_state()[1]).all()  # noqa: NPY002


def test_whole_rollouts_within_the_budget(make):
    pytest.importorskip("stable_baselines3")
    assert evaluate_environment(make(), "a2c", seeds=1, steps=29, episodes=2).synthetic_steps == 25


def test_real_arm():
    pytest.importorskip("stable_baselines3")
    assert evaluate_real("CartPole-v1", "a2c", seeds=1, steps=20, episodes=2).iqm > 1


def test_fewest_steps_for_good(make):
    pytest.importorskip("stable_baselines3")
    found = evaluate_environment(make(), "a2c", seeds=1, steps=30, curve=[10, 20], episodes=2)
    assert found.fewest_steps(0.0) == 10
    assert found.fewest_steps(501.0) is None


def test_agents_that_do_not_suit_are_refused():
    actions = {name: spaces_of(name).actions.space() for name in ("CartPole-v1", "Pendulum-v1")}
    with pytest.raises(ConfigurationError, match="'dqn' cannot take continuous actions; use ppo, a2c or sac"):
        check_agent("dqn", actions["Pendulum-v1"])
    with pytest.raises(ConfigurationError, match="'sac' cannot take discrete actions; use ppo, dqn or a2c"):
        check_agent("sac", actions["CartPole-v1"])
    with pytest.raises(UnknownNameError, match="did you mean 'ppo'"):
        check_agent("pppo", actions["CartPole-v1"])


def test_other_spaces_are_refused(make):
    with pytest.raises(ArtefactError, match="does not fit Acrobot-v1"):
        evaluate_environment(make(), "ppo", real_env="Acrobot-v1")


def test_missing_library_is_named(make, monkeypatch):
    monkeypatch.setitem(sys.modules, "stable_baselines3", None)
    with pytest.raises(GTNError, match=r"pip install 'gtn-rl\[sb3\]'"):
        evaluate_environment(make(), "ppo", seeds=1, steps=1)


def test_command_prints_one_json_object(make, tmp_path, capsys):
    pytest.importorskip("stable_baselines3")
    save_environment(make(), tmp_path)
    _evaluate.command(str(tmp_path), agent="a2c", seeds=2, steps=10, episodes=2, target=1.0, json=True)
    printed = json.loads(capsys.readouterr().out)
    assert {"iqm", "low", "high", "returns", "synthetic_steps"} <= printed.keys()
    assert printed["fewest_steps"] == 10
    _evaluate.command(str(tmp_path), agent="a2c", seeds=1, steps=10, episodes=2)
    assert "interquartile mean" in capsys.readouterr().out


def test_command_refuses_what_does_not_fit(make, tmp_path):
    save_environment(make(), tmp_path)
    with pytest.raises(ConfigurationError, match=r"'sgd' does not suit .* use ppo, dqn, a2c, sac"):
        _evaluate.command(str(tmp_path), agent="sgd")
    with pytest.raises(UnknownNameError, match="did you mean 'dqn'"):
        _evaluate.command(str(tmp_path), agent="dqm")
    with pytest.raises(UnknownNameError, match="unknown environment"):
        _evaluate.command(str(tmp_path / "none"), agent="ppo")
