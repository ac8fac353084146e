"""A finished run, small but whole, as the commands leave it."""

import shutil

import pytest

from gtn_core.recipes import Training, load_recipe, with_overrides
from gtn_core.runs import RunDirectory

SMALL = (
    "teacher.steps=7",
    "teacher.batch=12",
    "teacher.generator.hidden=16",
    "teacher.generator.channels=[8, 8]",
    "outer.steps=4",
    "outer.validate_every=2",
    "outer.validation_learners=2",
    "outer.real_batch=16",
    "real_data_arm.steps=2",
    "warm_start.steps=2",
    "evaluation.learners=3",
    "evaluation.curve_learners=2",
)


@pytest.fixture(scope="session")
def small_run(tmp_path_factory):
    recipe = with_overrides(load_recipe("digits"), SMALL)
    settings = {"recipe": recipe.model_dump(mode="json"), "seed": 0, "device": "cpu", "threads": 1, "data": None}
    run = RunDirectory.start(tmp_path_factory.mktemp("runs") / "small", settings, resume=False)
    Training(recipe).run(run)
    return run


@pytest.fixture
def run(small_run, tmp_path):
    """A copy, to be spoilt."""
    shutil.copytree(small_run.path, tmp_path / "small")
    return RunDirectory.existing(tmp_path / "small")
