"""Meta-training of a generated environment on a tiny budget."""

import json

import pytest
import torch

from gtn_core.errors import ConfigurationError, UnknownNameError
from gtn_core.runs import RunDirectory
from gtn_rl.environments import EnvironmentTask, EnvironmentTraining, environment_recipe_for, load_environment

SMALL = [
    "inner.steps=[2, 3]",
    "inner.widths=[4, 8]",
    "inner.batch=4",
    "rollouts.agents=2",
    "rollouts.copies=1",
    "rollouts.steps=12",
    "rollouts.passes=2",
    "critic.updates=2",
    "candidates=1",
    "evolution.pairs=2",
    "evolution.greedy_share=0.0",
    "evolution.greedy_steps=0",
    "measured_steps=20",
    "evolution.sigma=0.5",
    "outer.steps=4",
    "outer.checkpoint_every=1",
    "outer.validate_every=4",
]


def small(env_id="CartPole-v1", *more):
    return environment_recipe_for(env_id, [*SMALL, *more])


@pytest.mark.parametrize("estimator", ["exact", "evolution"])
def test_an_outer_step_moves_the_generator_and_counts_real_steps(form, estimator):
    chosen = [f"form={form}", f"estimator={estimator}", "rollouts.steps=60"]
    task = EnvironmentTask("CartPole-v1", small("CartPole-v1", *chosen), seed=0)
    before = [parameter.detach().clone() for parameter in task.meta_parameters]
    done = task.outer_step(0, 0.01)
    assert done.real_steps >= 20 + 2
    assert done.figures["gradient_norm"] > 0
    assert any((old != new).any() for old, new in zip(before, task.meta_parameters, strict=True))
    assert task.validate(0).figures["validation_return"] > 0


def test_continuous_actions(form):
    task = EnvironmentTask("Pendulum-v1", small("Pendulum-v1", f"form={form}"), seed=0)
    assert task.outer_step(0, 0.01).figures["gradient_norm"] > 0


def test_the_best_of_several_candidates_is_where_it_starts(form):
    recipe = small("CartPole-v1", f"form={form}", "candidates=3", "initial_rewards=10.0", "outer.learning_rate=1e-9")
    task = EnvironmentTask("CartPole-v1", recipe, seed=0)
    before = task.generator.shift.detach().clone(), task.generator.hidden.weight.detach().clone()
    alone = EnvironmentTask("CartPole-v1", small("CartPole-v1", f"form={form}"), seed=0).outer_step(0, 1e-9)
    done = task.outer_step(0, 1e-9)
    assert done.real_steps >= alone.real_steps + 3 * 12  # the search is counted
    assert torch.allclose(before[0], task.generator.shift, atol=1e-6)
    assert (before[1] - task.generator.hidden.weight).abs().max() > 1e-3
    again = EnvironmentTask("CartPole-v1", recipe, seed=0).outer_step(0, 1e-9)
    assert again == done


def test_initial_rewards_are_as_large_as_asked(form):
    tasks = [
        EnvironmentTask("Acrobot-v1", small("Acrobot-v1", f"form={form}", f"initial_rewards={factor}"), seed=0)
        for factor in (0.01, 1.0)
    ]
    states, actions = torch.randn(50, 6), torch.eye(3)[torch.arange(50) % 3]
    little, usual = (task.generator.advance(states, actions).reward.std() for task in tasks)
    assert little < 0.02 * usual


def test_exploration_is_the_recipes():
    task = EnvironmentTask("Pendulum-v1", small("Pendulum-v1", "rollouts.exploration=0.7"), seed=0)
    assert task.head.deviation == 0.7


def test_evolution_counts_the_steps_of_the_episodes_it_looks_at():
    recipe = small("CartPole-v1", "estimator=evolution", "evolution.pairs=3", "evolution.agents=2", "rollouts.steps=5")
    done = EnvironmentTask("CartPole-v1", recipe, seed=0).outer_step(1, 0.01)
    assert done.real_steps == 2 * 3 * 2 * 5  # no cart falls within five steps


def test_evolution_with_the_best_rewarded_action_alone_trains_no_agent():
    """What agents learn then says nothing: agents of other kinds lead to the same step."""
    chosen = ["estimator=evolution", "evolution.pairs=4", "evolution.greedy_steps=1", "rollouts.steps=9"]
    found = []
    for more in ([], ["inner.batch=8", "inner.widths=[5, 5]"]):
        task = EnvironmentTask("Pendulum-v1", small("Pendulum-v1", *chosen, *more), seed=0)
        states = [one.detach().clone() for one in (task.generator.mixing, task.generator.shift)]
        found.append(task.outer_step(0, 0.01).figures)
        assert torch.equal(states[0], task.generator.mixing)
        assert torch.equal(states[1], task.generator.shift)
        assert "greedy_return" in task.validate(0).figures
        assert task.outer_step(1, 0.01).figures["gradient_norm"] > 0
        assert not torch.equal(states[0], task.generator.mixing)
    assert found[0] == found[1]


def test_the_best_rewarded_action_counts_as_much_as_asked():
    chosen = ["estimator=evolution", "evolution.pairs=4", "rollouts.steps=9"]
    found = []
    for share in (0.0, 0.5, 1.0):
        recipe = small("Pendulum-v1", *chosen, f"evolution.greedy_share={share}", "candidates=3")
        found.append(EnvironmentTask("Pendulum-v1", recipe, seed=0).outer_step(0, 0.01).figures["return"])
    assert len(set(found)) == 3


def test_steps_depend_on_seed_and_number_alone():
    recipe = small()
    figures = [EnvironmentTask("CartPole-v1", recipe, seed=1).outer_step(3, 0.01).figures for _ in range(2)]
    assert figures[0] == figures[1]


def test_more_validation_shifts_nothing(tmp_path):
    """Streams of agents, actions, passes and real episodes are apart from those of validation."""
    found = []
    for every in (1, 4):
        recipe = small("CartPole-v1", f"outer.validate_every={every}", "outer.steps=3")
        training = EnvironmentTraining("CartPole-v1", recipe, seed=2)
        training.run(RunDirectory.start(tmp_path / str(every), {}, resume=True))
        found.append([parameter.detach() for parameter in training.task.meta_parameters])
    assert all(map(torch.equal, *found))


class Stop(Exception):
    pass


def test_resumed_run_ends_like_an_undisturbed_one(tmp_path, monkeypatch):
    recipe = small()
    configuration = {"kind": "environment", "env_id": "CartPole-v1", "recipe": recipe.model_dump(mode="json")}

    def run(name):
        directory = RunDirectory.start(tmp_path / name, configuration, resume=True)
        return EnvironmentTraining("CartPole-v1", recipe, seed=2).run(directory)

    expected = run("whole")
    original = EnvironmentTask.outer_step

    def interrupted(self, step, learning_rate):
        if step == 2:
            raise Stop
        return original(self, step, learning_rate)

    monkeypatch.setattr(EnvironmentTask, "outer_step", interrupted)
    with pytest.raises(Stop):
        run("broken")
    monkeypatch.setattr(EnvironmentTask, "outer_step", original)
    assert run("broken") == expected
    whole, broken = (tmp_path / name / "metrics.jsonl" for name in ("whole", "broken"))
    assert whole.read_bytes() == broken.read_bytes()
    found = [load_environment(tmp_path / name / "environment").generator.state_dict() for name in ("whole", "broken")]
    assert all(torch.equal(found[0][name], found[1][name]) for name in found[0])
    assert json.loads((tmp_path / "whole" / "evaluation.json").read_text())["real_steps"] > 0


def test_mistakes_are_refused():
    with pytest.raises(ConfigurationError, match="did you mean 'copies'"):
        environment_recipe_for("CartPole-v1", ["rollouts.copys=2"])
    with pytest.raises(ConfigurationError, match="least and the greatest"):
        environment_recipe_for("CartPole-v1", ["inner.widths=[9, 3]"])
    with pytest.raises(ConfigurationError, match="are for bandits"):
        environment_recipe_for("CartPole-v1", ["form=dynamics", "evolution.greedy_share=0.5"])
    with pytest.raises(UnknownNameError, match="CartPole-v1"):
        EnvironmentTask("CartPol-v1", small(), seed=0)
