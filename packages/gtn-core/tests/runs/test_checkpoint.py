"""Checkpoints: whole or passed over, whatever is wrong with the file."""

import json

import pytest
import torch
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from safetensors.torch import save_file

from gtn_core.errors import RunError
from gtn_core.runs import Checkpoint, SilentProgress


def checkpoint(step):
    return Checkpoint(step, {"parameter/weight": torch.arange(24.0) + step}, {"skipped": 0, "metrics_length": step})


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    """A folder with two checkpoints, and the newer one's path and content."""
    folder = tmp_path_factory.mktemp("checkpoints")
    for step in (4, 6):
        checkpoint(step).save(folder)
    newest = max(folder.iterdir())
    return folder, newest, newest.read_bytes()


def read_with(two, content):
    """Return the step that is read where the newer file has another content, and the files passed over."""
    folder, newest, _ = two
    newest.write_bytes(content)
    damaged = []
    return Checkpoint.latest(folder, damaged.append).step, damaged


def test_what_is_saved_is_read_back(two):
    folder, newest, content = two
    newest.write_bytes(content)
    found = Checkpoint.latest(folder)
    assert (found.step, found.notes) == (6, {"skipped": 0, "metrics_length": 6})
    assert torch.equal(found.tensors["parameter/weight"], torch.arange(24.0) + 6)


@hypothesis_settings(max_examples=300)
@given(data=st.data())
def test_a_flipped_bit_anywhere_is_detected(two, data):
    _, newest, content = two
    bit = data.draw(st.integers(0, 8 * len(content) - 1))
    flipped = bytearray(content)
    flipped[bit // 8] ^= 1 << bit % 8
    assert read_with(two, bytes(flipped)) == (4, [newest])


@pytest.mark.parametrize("share", [0.0, 0.01, 0.3, 0.6, 0.9, 0.999])
def test_a_file_that_is_cut_short_is_detected(two, share):
    _, newest, content = two
    assert read_with(two, content[: int(share * len(content))]) == (4, [newest])


@pytest.mark.parametrize("more", [b"\0", b"x" * 1000])
def test_a_file_that_goes_on_is_detected(two, more):
    _, newest, content = two
    assert read_with(two, content + more) == (4, [newest])


def test_the_user_is_told_what_is_used_instead(tmp_path):
    said = []

    class Listening(SilentProgress):
        def note(self, text):
            said.append(text)

    for step in (4, 6):
        checkpoint(step).save(tmp_path)
    older, newer = sorted(tmp_path.iterdir())
    newer.write_bytes(b"")
    assert Checkpoint.resumed(tmp_path, ("metrics_length",), Listening()).step == 4
    older.write_bytes(b"")
    assert Checkpoint.resumed(tmp_path, ("metrics_length",), Listening()) is None
    assert said == [
        f"{newer} is damaged; going on from the one of step 4",
        f"{newer} is damaged; starting at step 0, for none is whole",
        f"{older} is damaged; starting at step 0, for none is whole",
    ]


def test_a_checkpoint_of_another_kind_of_run_is_refused(tmp_path):
    checkpoint(4).save(tmp_path)
    with pytest.raises(RunError, match="lacks milliseconds; delete it"):
        Checkpoint.resumed(tmp_path, ("milliseconds", "metrics_length"), SilentProgress())


def test_a_checkpoint_without_a_digest_is_read_as_before(tmp_path):
    """Older versions wrote them; cut short they are detected."""
    header = {"notes": json.dumps({"step": 8, "metrics_length": 1})}
    path = tmp_path / "step-00000008.safetensors"
    save_file({"parameter/weight": torch.ones(2)}, path, header)
    assert Checkpoint.latest(tmp_path).step == 8
    checkpoint(9).save(tmp_path)
    checkpoint(10).save(tmp_path)
    assert not path.exists()
    path.write_bytes(b"short")
    assert Checkpoint.latest(tmp_path).step == 10


def test_the_last_two_are_kept_and_the_last_of_a_whole_number_of_steps(tmp_path):
    for step in (10, 13, 14, 15):  # a signal had three of them saved
        checkpoint(step).save(tmp_path, every=10)
    assert sorted(int(path.name[5:13]) for path in tmp_path.iterdir()) == [10, 14, 15]
    checkpoint(20).save(tmp_path, every=10)
    assert sorted(int(path.name[5:13]) for path in tmp_path.iterdir()) == [10, 15, 20]


def test_what_was_passed_over_as_damaged_is_not_kept_in_place_of_what_is_new(tmp_path):
    for step in (40, 50):
        checkpoint(step).save(tmp_path)
    for path in tmp_path.iterdir():
        path.write_bytes(b"")
    checkpoint(2).save(tmp_path)
    assert Checkpoint.latest(tmp_path).step == 2
    assert len(list(tmp_path.iterdir())) == 1
