"""The report of a run that made a generated environment: unfinished, finished, with learning curves, damaged."""

import pytest

from gtn_core.errors import RunError
from gtn_core.runs import RunDirectory
from gtn_rl.environments import EnvironmentTraining, environment_recipe_for
from gtn_rl.evaluation import Evaluation
from gtn_rl.reporting import build_report
from gtn_rl.reporting._curves import CURVES, write_curves

SMALL = [
    "inner.steps=[2, 3]",
    "inner.batch=4",
    "rollouts.agents=2",
    "rollouts.copies=1",
    "rollouts.steps=5",
    "critic.updates=1",
    "candidates=1",
    "evolution.pairs=2",
    "evolution.greedy_share=0.0",
    "evolution.greedy_steps=0",
    "measured_steps=10",
    "outer.steps=2",
    "outer.validate_every=2",
]


def finished_run(folder, env_id):
    recipe = environment_recipe_for(env_id, SMALL)
    configuration = {"kind": "environment", "env_id": env_id, "recipe": recipe.model_dump(mode="json")}
    run = RunDirectory.start(folder, configuration | {"seed": 0, "threads": 1}, resume=False)
    EnvironmentTraining(env_id, recipe).run(run)
    return run


def curve(agent, returns):
    return Evaluation(agent, "CartPole-v1", 490.0, 480.0, 500.0, returns, 20, 2, [10, 20], [returns, returns])


def test_tells_all_of_a_finished_run(tmp_path):
    run = finished_run(tmp_path / "run", "CartPole-v1")
    text = build_report(run).read_text()
    assert "Generated environment for CartPole-v1" in text
    assert "--agent ppo" in text
    write_curves(run.path, {"synthetic": curve("ppo", [490.0, 500.0]), "real": curve("ppo", [20.0, 30.0])})
    text = build_report(run).read_text()
    assert "fresh ppo agents reach 490.0" in text
    assert {path.stem for path in (run.path / "figures").iterdir()} == {"curves", "states", "rewards", "returns"}


def test_continuous_actions(tmp_path):
    assert build_report(finished_run(tmp_path / "run", "Pendulum-v1")).is_file()


def test_unfinished_run_says_so(tmp_path):
    run = finished_run(tmp_path / "run", "CartPole-v1")
    run.result_path.unlink()
    assert "This run is unfinished" in build_report(run).read_text()


def test_damaged_curves_are_refused(tmp_path):
    run = finished_run(tmp_path / "run", "CartPole-v1")
    (run.path / CURVES).write_text('{"synthetic": 3}')
    with pytest.raises(RunError, match=r"curves.json is damaged"):
        build_report(run)
