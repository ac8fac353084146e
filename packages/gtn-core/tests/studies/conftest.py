"""A recipe that takes seconds, and a workshop for it."""

import pytest

from gtn_core.recipes import load_recipe, with_overrides
from gtn_core.studies import Workshop

TINY = (
    "teacher.steps=2",
    "teacher.batch=20",
    "teacher.generator.hidden=16",
    "teacher.generator.channels=[8, 8]",
    "outer.steps=2",
    "outer.validate_every=1",
    "outer.validation_learners=1",
    "outer.real_batch=16",
    "outer.intermediate_every=null",
    "real_data_arm.steps=1",
    "warm_start.steps=2",
    "evaluation.learners=2",
    "evaluation.curve_learners=1",
)


@pytest.fixture
def recipe():
    return with_overrides(load_recipe("digits"), TINY)


@pytest.fixture
def workshop(tmp_path):
    (tmp_path / "study").mkdir()
    return Workshop(tmp_path / "study", tmp_path / "arms", seeds=2)
