"""What holds for every study: it runs, it goes on where it stopped, its result can be written, read and drawn."""

import json

import pytest

from gtn_core import Teacher
from gtn_core.errors import UnknownNameError
from gtn_core.recipes import with_overrides
from gtn_core.studies import STUDIES, StudyArm, StudyResult, chosen, find_study

# gtn-core alone has one family of learners.
ALONE = {
    "gtn_core.studies._transfer.MIXTURE": ("digits-convnet",),
    "gtn_core.studies._transfer.LEARNING_RATES": (0.1,),
    "gtn_core.studies._transfer.MOMENTA": (0.5,),
    "gtn_core.studies._transfer.family_names": lambda: ["digits-convnet"],
    "gtn_core.studies._images_per_class.IMAGES_PER_CLASS": (1, 10),
    "gtn_core.studies._images_per_class.DISTILLED_STEPS": 2,
    "gtn_core.studies._images_per_class.MATCHING": {"steps": 2, "learner": {"family": "digits-convnet"}},
    "gtn_core.studies._to_convergence.FAMILY": "digits-convnet",
    "gtn_core.studies._to_convergence.STEPS": 3,
    "gtn_core.studies._weight_norm.TRIALS": 2,
    "gtn_core.studies._endless_data.STEPS": 2,
    "gtn_core.studies._mode_collapse.CLASSIFIER_STEPS": 20,
    "gtn_core.studies._mode_collapse.SAMPLES": 60,
}


@pytest.fixture(params=STUDIES)
def study(request, monkeypatch):
    for place, value in ALONE.items():
        monkeypatch.setattr(place, value)
    return find_study(request.param)


def result_of(study, recipe, found):
    return StudyResult(
        study=study.name,
        question=study.question,
        paper=study.paper,
        command="gtn study",
        configuration={"recipe": recipe.model_dump(mode="json")},
        tables=found.tables,
        charts=found.charts,
        findings=found.sentences,
        raw=found.raw,
    )


def test_a_study_is_conducted_once(study, recipe, workshop, tmp_path):
    arms = study.arms(recipe)
    assert len({arm.name for arm in arms}) == len({arm.label for arm in arms}) == len(arms)
    found = study.conduct(arms, workshop)
    made = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file() and path.suffix != ".lock"}
    again = study.conduct(arms, workshop)
    assert again == found
    assert made == {path: path.stat().st_mtime_ns for path in made}

    assert found.tables
    assert found.charts
    assert found.sentences
    for table in found.tables:
        assert table.rows
        assert all(len(row) == len(table.columns) for row in table.rows)
    result = result_of(study, recipe, found)
    (tmp_path / "study.json").write_text(result.model_dump_json())
    assert StudyResult.read(tmp_path).charts == result.charts
    json.loads(result.model_dump_json(), parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))


@pytest.mark.parametrize("name", ["data-sources", "curricula"])
def test_arms_have_equal_budgets(name, recipe):
    for arm in find_study(name).arms(recipe):
        resolved = arm.resolved()
        trained = resolved.real_data_arm if arm.source == "real_data" else resolved.outer
        assert trained.steps == recipe.outer.steps
        assert (resolved.teacher.steps, resolved.teacher.batch) == (recipe.teacher.steps, recipe.teacher.batch)


def test_studies_share_runs(recipe, tmp_path):
    def addresses(name):
        from gtn_core.studies import ArmRun

        return {ArmRun(arm, 0, tmp_path).digest for arm in find_study(name).arms(recipe)}

    assert addresses("data-sources") & addresses("transfer") & addresses("images-per-class")


def test_a_distilled_teacher_has_as_many_images_as_its_arm_says(recipe, workshop, monkeypatch):
    monkeypatch.setattr("gtn_core.studies._to_convergence.FAMILY", "digits-convnet")
    monkeypatch.setattr("gtn_core.studies._to_convergence.STEPS", 1)
    study = find_study("images-per-class")
    study.conduct(chosen(study.arms(recipe), ["distilled-10"]), workshop)
    teachers = [Teacher.from_pretrained(file.parent) for file in workshop.store.glob("*/teacher/teacher.json")]
    assert len(teachers) == workshop.seeds
    for teacher in teachers:
        labels = teacher.curriculum.labels_TB.flatten()
        assert labels.bincount().tolist() == [10] * 10
        assert teacher.steps * teacher.specification.batch == 10 * len(labels)  # ten passes


def test_a_matched_arm_is_what_a_teacher_starts_from(recipe, workshop, monkeypatch):
    for name, value in ALONE.items():
        monkeypatch.setattr(name, value)
    study = find_study("images-per-class")
    study.conduct(chosen(study.arms(recipe), ["matched-1"]), workshop)
    folders = [file.parent.parent for file in workshop.store.glob("*/warm_start/teacher.json")]
    assert len(folders) == workshop.seeds
    for folder in folders:
        assert not (folder / "metrics.jsonl").exists()  # nothing was meta-trained
        found = Teacher.from_pretrained(folder / "warm_start")
        assert found.curriculum.labels_TB.flatten().bincount().tolist() == [1] * 10


def test_matched_arms_are_matched_as_the_recipe_says(recipe, workshop, monkeypatch):
    for name, value in ALONE.items():
        monkeypatch.setattr(name, value)
    study = find_study("images-per-class")
    own = with_overrides(recipe, ["warm_start.matching={steps: 1, real_images: 3, learner: digits-convnet}"])
    arms = study.arms(own)
    assert arms[0].resolved() == study.arms(recipe)[0].resolved()  # nothing is matched in the teacher's arm
    found = study.conduct(chosen(arms, ["matched-1"]), workshop)
    assert found.raw["matching"]["real_images"] == 3
    kept = [file.read_text() for file in workshop.store.glob("*/config.yaml")]
    assert len(kept) == workshop.seeds
    assert all("real_images: 3" in text for text in kept)


def test_unknown_names_are_refused():
    with pytest.raises(UnknownNameError, match="unknown study 'curricla'; did you mean 'curricula'"):
        find_study("curricla")
    arms = [StudyArm("full", "full", None), StudyArm("none", "none", None)]
    with pytest.raises(UnknownNameError, match="unknown arm 'ful'; did you mean 'full'"):
        chosen(arms, ["none", "ful"])
    assert chosen(arms, []) == arms
    assert [arm.name for arm in chosen(arms, ["none"])] == ["none"]
