"""A teacher as a folder: what is written comes back, and nothing damaged comes back."""

import json

import pytest
import torch
from safetensors.torch import load_file, save_file

from gtn_core import RealData, Teacher, few_step_accuracy
from gtn_core.errors import TeacherError
from gtn_core.recipes import load_recipe
from gtn_core.teacher import (
    AdamSpecification,
    GeneratorSpecification,
    LearnerSpecification,
    RecordedAccuracy,
    RecordedData,
    TeacherCard,
    TeacherSpecification,
    shipped_teachers,
)

GENERATOR = GeneratorSpecification(code_size=4, hidden=8, channels=(4, 4))
CARD = TeacherCard(
    recipe="digits",
    data=RecordedData(source="digits", validation=288),
    learners=(LearnerSpecification(family="digits-convnet", package="gtn-core"),),
    few_step_accuracy=RecordedAccuracy(mean=0.9, low=0.88, high=0.92, count=20, seed=0),
)


def teacher_of(**specification):
    data = RealData.load("digits")
    return Teacher(
        TeacherSpecification(steps=2, batch=10, generator=GENERATOR, **specification),
        image_shape=data.image_shape,
        class_names=data.class_names,
        normalization=data.normalization,
    )


@pytest.fixture
def folder(tmp_path):
    teacher = teacher_of()
    teacher.card = CARD
    teacher.save_pretrained(tmp_path / "teacher")
    return tmp_path / "teacher"


@pytest.mark.parametrize(
    "specification",
    [
        {},
        {"curriculum": "none"},
        {"inner_optimizer": AdamSpecification(kind="adam"), "batch_norm": "running"},
    ],
)
def test_a_saved_teacher_comes_back_the_same(tmp_path, specification):
    teacher = teacher_of(**specification)
    teacher.card = CARD
    teacher.save_pretrained(tmp_path)
    loaded = Teacher.from_pretrained(tmp_path)
    assert loaded.card == CARD
    assert loaded.specification == teacher.specification
    assert loaded.normalization == teacher.normalization
    for expected, found in zip(teacher.batches(seed=3), loaded.batches(seed=3), strict=True):
        assert torch.equal(expected.images, found.images)
        assert torch.equal(expected.labels, found.labels)


def test_the_folder_holds_three_files_and_its_keys_are_sorted(folder):
    assert sorted(path.name for path in folder.iterdir()) == ["README.md", "teacher.json", "teacher.safetensors"]
    header = (folder / "teacher.safetensors").read_bytes()[8:]
    names = list(json.JSONDecoder().raw_decode(header.decode("latin1"))[0])
    assert [name for name in names if name != "__metadata__"] == sorted(load_file(folder / "teacher.safetensors"))
    card = (folder / "README.md").read_text()
    assert "90.0 %" in card
    assert "digits-convnet" in card


def test_saving_twice_writes_the_same_bytes(folder, tmp_path):
    Teacher.from_pretrained(folder).save_pretrained(tmp_path / "again")
    for path in folder.iterdir():
        assert path.read_bytes() == (tmp_path / "again" / path.name).read_bytes()


def test_saving_replaces_a_teacher(folder):
    teacher_of(curriculum="none").save_pretrained(folder)
    assert Teacher.from_pretrained(folder).specification.curriculum == "none"


def test_a_shipped_teacher_is_found_by_name():
    assert "digits" in shipped_teachers()
    assert Teacher.from_pretrained("digits").image_shape == (1, 8, 8)


def test_the_shipped_teacher_is_that_of_the_recipe_and_reaches_what_it_says():
    teacher, recipe = Teacher.from_pretrained("digits"), load_recipe("digits")
    assert teacher.specification == recipe.teacher
    assert teacher.card.learners == recipe.learners
    recorded = teacher.card.few_step_accuracy
    data = teacher.card.data.load("digits", normalization=teacher.normalization)
    found = few_step_accuracy(teacher, "digits-convnet", data, recorded.count, recorded.seed)
    assert recorded.low <= found.mean <= recorded.high


@pytest.mark.parametrize("name", ["digit", "no-such", "./digits", "/nowhere/at/all"])
def test_an_unknown_name_is_refused_without_the_network(name, monkeypatch):
    monkeypatch.setattr("huggingface_hub.snapshot_download", lambda *_, **__: pytest.fail("touched the network"))
    with pytest.raises(TeacherError, match="digits"):
        Teacher.from_pretrained(name)


def test_a_near_miss_is_named():
    with pytest.raises(TeacherError, match="did you mean 'digits'"):
        Teacher.from_pretrained("digit")


def test_a_hub_id_is_downloaded(folder, monkeypatch):
    asked = {}

    def download(repository, **options):
        asked.update(options, repository=repository)
        return str(folder)

    monkeypatch.setattr("huggingface_hub.snapshot_download", download)
    assert Teacher.from_pretrained("someone/teacher", revision="v1").card == CARD
    assert asked["repository"] == "someone/teacher"
    assert asked["revision"] == "v1"
    assert asked["allow_patterns"] == ["teacher.safetensors", "teacher.json", "README.md"]


@pytest.mark.parametrize("revision", [None, "v1"])
def test_a_hub_id_may_name_its_revision(folder, monkeypatch, revision):
    asked = []
    monkeypatch.setattr(
        "huggingface_hub.snapshot_download", lambda *args, **more: (asked.append((args, more)), folder)[1]
    )
    Teacher.from_pretrained("someone/teacher@v1", revision=revision)
    assert asked[0][0] == ("someone/teacher",)
    assert asked[0][1]["revision"] == "v1"
    with pytest.raises(TeacherError, match="'v2' is asked for"):
        Teacher.from_pretrained("someone/teacher@v1", revision="v2")


def test_an_unreachable_hub_is_one_clear_line(monkeypatch):
    def download(repository, **options):
        raise OSError("no route\nto host")

    monkeypatch.setattr("huggingface_hub.snapshot_download", download)
    with pytest.raises(TeacherError, match="no route") as error:
        Teacher.from_pretrained("someone/teacher")
    assert "\n" not in str(error.value)


def test_pushing_uploads_a_whole_teacher(monkeypatch):
    uploaded = {}

    class Api:
        def create_repo(self, repository, private, exist_ok):
            return f"https://hub/{repository}"

        def upload_folder(self, folder_path, repo_id, commit_message):
            uploaded[repo_id] = Teacher.from_pretrained(folder_path).specification

    monkeypatch.setattr("huggingface_hub.HfApi", Api)
    teacher = teacher_of()
    assert teacher.push_to_hub("someone/teacher") == "https://hub/someone/teacher"
    assert uploaded == {"someone/teacher": teacher.specification}


def edited(folder, change):
    path = folder / "teacher.json"
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


def reweighted(folder, change):
    path = folder / "teacher.safetensors"
    save_file({name: change(tensor) for name, tensor in load_file(path).items()}, path)


DAMAGES = {
    "missing description": lambda folder: (folder / "teacher.json").unlink(),
    "missing weights": lambda folder: (folder / "teacher.safetensors").unlink(),
    "not JSON": lambda folder: (folder / "teacher.json").write_text("{"),
    "not an object": lambda folder: (folder / "teacher.json").write_text("[1]"),
    "not text": lambda folder: (folder / "teacher.json").write_bytes(b"\xff\xfe"),
    "another version": lambda folder: edited(folder, lambda c: c.update(format_version=2)),
    "a missing key": lambda folder: edited(folder, lambda c: c.pop("specification")),
    "an unknown key": lambda folder: edited(folder, lambda c: c.update(steeps=3)),
    "absurd steps": lambda folder: edited(folder, lambda c: c["specification"].update(steps=10**12)),
    "a negative size": lambda folder: edited(folder, lambda c: c["specification"].update(batch=-1)),
    "no deviation": lambda folder: edited(folder, lambda c: c.update(std=[0.0])),
    "two means": lambda folder: edited(folder, lambda c: c.update(mean=[0.1, 0.2])),
    "other sizes": lambda folder: edited(folder, lambda c: c["specification"].update(batch=20)),
    "cut weights": lambda folder: (folder / "teacher.safetensors").write_bytes(
        (folder / "teacher.safetensors").read_bytes()[:-9]
    ),
    "another tensor": lambda folder: save_file({"x": torch.zeros(2)}, folder / "teacher.safetensors"),
    "other numbers": lambda folder: reweighted(folder, lambda tensor: tensor * float("nan")),
    "altered numbers": lambda folder: reweighted(folder, lambda tensor: tensor + 1e-6),
    "other precision": lambda folder: reweighted(folder, torch.Tensor.double),
    "huge sizes": lambda folder: edited(folder, lambda c: c["specification"].update(steps=100_000, batch=60_000)),
    "a pickle": lambda folder: torch.save({"x": torch.zeros(2)}, folder / "teacher.safetensors"),
    "nesting": lambda folder: (folder / "teacher.json").write_text("[" * 100_000),
    "a huge file": lambda folder: (folder / "teacher.json").write_text(" " * 2_000_000),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_folder_is_one_clear_line(folder, damage):
    damage(folder)
    with pytest.raises(TeacherError) as error:
        Teacher.from_pretrained(folder)
    message = str(error.value)
    assert "\n" not in message
    assert str(folder) in message
