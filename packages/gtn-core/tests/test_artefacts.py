"""Artefacts as folders: what is written comes back; what is damaged, altered or newer is one clear line."""

import json

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from gtn_core.artefacts import ArtefactDescription, ArtefactFiles
from gtn_core.errors import TeacherError


class Line(ArtefactDescription):
    """A line's description."""

    slope: float = 0.0


FILES = ArtefactFiles("line", Line, TeacherError, "gtn line")


def line() -> nn.Linear:
    return nn.Linear(2, 1)


@pytest.fixture
def folder(tmp_path):
    FILES.write(tmp_path / "one", line().state_dict(), {"slope": 0.5}, "A line.")
    return tmp_path / "one"


def read(folder):
    return FILES.load(folder, FILES.describe(folder), line)


def edited(folder, **values):
    content = json.loads((folder / "line.json").read_text()) | values
    (folder / "line.json").write_text(json.dumps(content))


def reweighted(folder, change):
    save_file({name: change(value) for name, value in load_file(folder / "line.safetensors").items()}, folder / "x")
    (folder / "x").rename(folder / "line.safetensors")


def test_what_is_written_comes_back(tmp_path):
    made = line()
    FILES.write(tmp_path, made.state_dict(), {"slope": 0.5}, "A line.")
    assert FILES.describe(tmp_path).slope == 0.5
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(FILES.names)
    for name, value in read(tmp_path).state_dict().items():
        assert torch.equal(value, made.state_dict()[name])


def test_finds_what_a_folder_has(folder):
    (folder.parent / "another").mkdir()
    assert FILES.within(folder.parent) == {"one": folder}


def test_without_a_checksum_weights_are_read_as_they_are(folder):
    edited(folder, weights_sha256=None)
    reweighted(folder, lambda value: value + 1)
    assert isinstance(read(folder), nn.Linear)


def test_numbers_that_json_cannot_hold_leave_what_was_there(folder):
    before = (folder / "line.json").read_bytes()
    with pytest.raises(ValueError, match="JSON"):
        FILES.write(folder, line().state_dict(), {"slope": float("nan")}, "A line.")
    assert (folder / "line.json").read_bytes() == before


DAMAGES = {
    "no description": (
        lambda folder: (folder / "line.json").unlink(),
        "holds no line: line.json is missing; .*gtn line",
    ),
    "no weights": (lambda folder: (folder / "line.safetensors").unlink(), "line.safetensors is missing"),
    "not JSON": (lambda folder: (folder / "line.json").write_text("{"), "is damaged"),
    "a list": (lambda folder: (folder / "line.json").write_text("[1]"), "format_version is None"),
    "newer": (lambda folder: edited(folder, format_version=2), "has format version 2, .* reads 1; install a newer one"),
    "no version": (lambda folder: edited(folder, format_version="1"), "format_version is '1'"),
    "an unknown key": (lambda folder: edited(folder, sloop=1), "did you mean 'slope'"),
    "cut short": (lambda folder: (folder / "line.safetensors").write_bytes(b"\0" * 9), "is damaged"),
    "another tensor": (
        lambda folder: reweighted(folder, lambda value: value.repeat(2, *[1] * (value.ndim - 1))),
        "do not fit their description: tensor 'bias' is .2,., expected .1,.",
    ),
    "altered": (lambda folder: reweighted(folder, lambda value: value + 1), "was altered"),
}


@pytest.mark.parametrize(("damage", "message"), DAMAGES.values(), ids=DAMAGES)
def test_damage_is_one_clear_line(folder, damage, message):
    damage(folder)
    with pytest.raises(TeacherError, match=message) as error:
        read(folder)
    assert "\n" not in str(error.value)
    assert str(folder) in str(error.value)


@pytest.mark.parametrize(
    "change", [lambda value: value * float("inf"), torch.Tensor.double], ids=["infinite", "double"]
)
def test_other_than_finite_single_precision_is_refused(folder, change):
    edited(folder, weights_sha256=None)
    reweighted(folder, change)
    with pytest.raises(TeacherError, match="other than finite 32-bit numbers"):
        read(folder)
