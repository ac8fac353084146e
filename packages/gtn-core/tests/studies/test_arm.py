"""Runs of an arm: what their address depends on, and that they are made once."""

import json

import pytest

from gtn_core.errors import DivergenceError
from gtn_core.inner_optimizers import schedules_of
from gtn_core.meta_training import MetaTrainer
from gtn_core.studies import ArmRun, StudyArm
from gtn_core.studies._variants import changed, with_real_data


def digest(recipe, source="teacher", seed=0, **options):
    return ArmRun(StudyArm("name", "label", recipe, source), seed, **{"store": None, **options}).digest


def test_the_address_depends_on_what_has_an_effect_and_on_nothing_else(recipe, tmp_path):
    plain = digest(recipe)
    assert digest(recipe, store=tmp_path, threads=2) == plain
    assert digest(recipe.model_copy(update={"description": "another", "cost": "x"})) == plain
    assert digest(changed(recipe, real_data_arm={"steps": 7})) == plain  # a teacher has no use for it
    others = [
        digest(recipe, seed=1),
        digest(recipe, "real_data"),
        digest(recipe, data="elsewhere"),
        digest(changed(recipe, outer={"steps": 3})),
    ]
    assert len({plain, *others}) == 5


def test_real_data_has_one_address_for_all_generators(recipe):
    other = changed(recipe, teacher={"generator": {"kind": "pixels"}, "curriculum": "fixed"}, warm_start=None)
    assert digest(with_real_data(recipe), "real_data") == digest(with_real_data(other), "real_data")


def test_a_run_is_made_once(recipe, tmp_path):
    run = ArmRun(StudyArm("teacher", "teacher", recipe), 0, tmp_path)
    assert not run.finished
    run.follow()
    assert run.finished
    assert run.steps_done() == run.steps == 2
    result = run.path / "evaluation.json"
    written = result.stat().st_mtime_ns
    run.follow()
    assert result.stat().st_mtime_ns == written
    outcome = run.outcome()
    assert outcome.accuracies == json.loads(result.read_text())["arms"]["teacher"]["accuracies"]
    assert [step for step, _ in outcome.validation] == [1, 2]
    assert len(outcome.curve) == recipe.teacher.steps + 1
    assert run.teacher().steps == recipe.teacher.steps


def test_a_real_data_run_gives_its_inner_optimizer_back(recipe, tmp_path):
    run = ArmRun(StudyArm("real-data", "real data", with_real_data(recipe), "real_data"), 0, tmp_path)
    run.follow()
    schedule = json.loads((run.path / "evaluation.json").read_text())["schedules"]["real_data"]
    learnt = schedules_of(run.real_data().inner_optimizer)["learning_rate"]
    assert learnt == pytest.approx(schedule["learning_rate"])
    assert learnt != pytest.approx([recipe.teacher.inner_optimizer.learning_rate] * 2, abs=1e-6)  # it was learnt


def test_a_warm_start_alone_takes_no_outer_step(recipe, tmp_path):
    warm = changed(recipe, warm_start={"steps": 2})
    assert digest(warm, "warm_start") == digest(changed(warm, outer={"steps": 3}), "warm_start")
    assert digest(warm, "warm_start") != digest(warm)
    run = ArmRun(StudyArm("start", "start", warm, "warm_start"), 0, tmp_path)
    run.follow()
    assert (run.finished, run.steps, run.steps_done()) == (True, 0, 0)
    outcome = run.outcome()
    assert (outcome.curve, outcome.meta_loss, outcome.validation) == (None, None, [])
    assert 0 <= outcome.accuracy <= 1
    assert run.teacher().steps == recipe.teacher.steps


def test_a_run_that_diverges_is_over_and_says_so(recipe, tmp_path, monkeypatch):
    def diverge(self, title):
        raise DivergenceError("too large a step")

    monkeypatch.setattr(MetaTrainer, "train", diverge)
    run = ArmRun(StudyArm("teacher", "teacher", recipe), 0, tmp_path)
    run.follow()
    assert run.finished
    outcome = run.outcome()
    assert (outcome.accuracy, outcome.meta_loss) == (None, None)
    assert "too large a step" in (run.path / "diverged.json").read_text()
