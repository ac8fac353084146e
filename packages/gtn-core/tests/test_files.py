"""Files that are there as a whole or not at all."""

import os

import pytest

from gtn_core.errors import RunError
from gtn_core.runs import append_line, write_atomically, write_together


def test_lines_are_added_in_order(tmp_path):
    for line in (b"one\n", b"two\n"):
        append_line(tmp_path / "lines", line)
    assert (tmp_path / "lines").read_bytes() == b"one\ntwo\n"


def test_a_line_that_the_disk_takes_in_part_is_an_error(tmp_path, monkeypatch):
    write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, line: write(descriptor, line[:2]))
    with pytest.raises(RunError, match="No space left"):
        append_line(tmp_path / "lines", b"one\n")


def test_what_fails_leaves_the_old_file_and_nothing_beside_it(tmp_path):
    path = tmp_path / "file"
    path.write_text("old")

    def fail(partial):
        partial.write_text("ne")
        raise OSError(28, "No space left on device")

    with pytest.raises(RunError, match=r"file: No space left on device; what was saved before is whole"):
        write_atomically(path, fail)
    assert {path: path.read_text() for path in tmp_path.iterdir()} == {path: "old"}


def test_several_files_appear_when_all_are_written(tmp_path):
    def write(made):
        assert not (tmp_path / "one").exists()
        for name in ("one", "two"):
            (made / name).write_text(name)

    (tmp_path / ".partial-of-a-killed-process").mkdir()
    write_together(tmp_path, ("one", "two"), write)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one", "two"]


def test_several_files_of_which_one_fails_leave_what_was_there(tmp_path):
    def fail(made):
        (made / "one").write_text("new")
        raise OSError(30, "Read-only file system")

    (tmp_path / "one").write_text("old")
    with pytest.raises(RunError, match="Read-only file system"):
        write_together(tmp_path, ("one", "two"), fail)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"one": "old"}
