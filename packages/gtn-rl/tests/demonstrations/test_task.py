from copy import deepcopy

import gymnasium
import pytest
import torch

from gtn_rl.demonstrations import Demonstrations, DemonstrationsTask, best_candidate, measured_returns, recipe_for

SMALL = [
    "objective.candidates=1",
    "objective.horizon=[12,12]",
    "objective.policies=2",
    "objective.environments=2",
    "objective.passes=1",
]


@pytest.fixture
def new_task():
    made = []

    def make(env_id, *overrides, seed=0):
        recipe = recipe_for(env_id, [*SMALL, *overrides])
        environment = gymnasium.make(env_id)
        spaces = environment.observation_space, environment.action_space
        environment.close()
        made.append(DemonstrationsTask(env_id, recipe, Demonstrations(recipe.demonstrations, *spaces, seed), seed))
        return made[-1]

    yield make
    for task in made:
        with task:
            pass


@pytest.mark.parametrize("env_id", ["CartPole-v1", "Acrobot-v1", "Pendulum-v1"])
def test_an_outer_step_changes_everything_that_is_learned(new_task, env_id):
    task = new_task(env_id)
    before = [parameter.detach().clone() for parameter in task.state.parameters()]
    outcome = task.outer_step(0, 0.01)
    assert outcome.real_steps == 12 * 4
    assert outcome.figures["gradient_norm"] > 0
    assert outcome.figures["entropy"] is not None
    assert not any(torch.equal(*pair) for pair in zip(before, task.state.parameters(), strict=True))


def test_an_outer_step_depends_on_nothing_but_state_and_number(new_task):
    first, second = new_task("CartPole-v1"), new_task("CartPole-v1")
    first.outer_step(3, 0.0)  # environments and global randomness move on, the meta-parameters do not
    torch.rand(3)
    second.state.load_state_dict(first.state.state_dict())
    second.optimizer.load_state_dict(deepcopy(first.optimizer.state_dict()))  # which would share tensors
    assert first.outer_step(7, 0.01) == second.outer_step(7, 0.01)
    pairs = zip(first.state.parameters(), second.state.parameters(), strict=True)
    assert all(torch.equal(*pair) for pair in pairs)


def test_validation_changes_nothing_and_counts_its_steps(new_task):
    task = new_task("CartPole-v1", "evaluation.validation_policies=2", "evaluation.validation_episodes=3")
    before = [parameter.detach().clone() for parameter in task.state.parameters()]
    found = task.validate(0)
    assert found.real_steps > 0
    assert all(torch.equal(*pair) for pair in zip(before, task.state.parameters(), strict=True))
    assert found == task.validate(0)


def test_measured_returns_do_not_depend_on_how_many_are_measured(new_task):
    demonstrations, family = new_task("CartPole-v1").demonstrations, recipe_for("CartPole-v1").policies
    few = measured_returns(demonstrations, "CartPole-v1", family, 2, 1, seed=0)
    many = measured_returns(demonstrations, "CartPole-v1", family, 4, 1, seed=0)
    assert many.policies[:2] == few.policies
    assert many.returns[:2] == few.returns
    assert many.worst_tenth == min(many.returns)


@pytest.mark.slow
def test_fresh_policies_learn_to_balance_the_pole():
    recipe = recipe_for("CartPole-v1", ["outer.steps=30"])
    environment = gymnasium.make("CartPole-v1")
    demonstrations = Demonstrations(recipe.demonstrations, environment.observation_space, environment.action_space)
    with DemonstrationsTask("CartPole-v1", recipe, demonstrations, 0) as task:
        for step in range(30):
            task.outer_step(step, recipe.outer.learning_rate_at(step))
    assert measured_returns(demonstrations, "CartPole-v1", recipe.policies, 20, 2, seed=1).mean > 300


def test_the_best_candidate_is_where_meta_training_starts(new_task):
    task = new_task("CartPole-v1", "objective.candidates=6")
    arguments = "CartPole-v1", task.recipe.policies, 6, 2, 12, 0
    found = best_candidate(task.demonstrations, *arguments)
    again = best_candidate(task.demonstrations, *arguments)
    assert (found.mean_return, found.steps) == (again.mean_return, again.steps)
    assert found.steps == 6 * 2 * 12
    outcome = task.outer_step(0, 0.0)
    assert outcome.real_steps == found.steps + 12 * 4
    pairs = zip(task.demonstrations.parameters(), found.demonstrations.parameters(), strict=True)
    assert all(torch.equal(*pair) for pair in pairs)
