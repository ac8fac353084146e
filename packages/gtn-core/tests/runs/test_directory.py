"""Run directories: when a run may start, go on, or is refused."""

import pytest

from gtn_core.errors import RunError
from gtn_core.runs import RunDirectory

SETTINGS = {"recipe": {"outer": {"steps": 3}, "learners": [{"family": "a"}]}, "seed": 0, "threads": 1}


def test_a_new_run_writes_its_configuration(tmp_path):
    run = RunDirectory.start(tmp_path / "new", SETTINGS, resume=False)
    assert run.configuration() == SETTINGS
    assert not run.finished


@pytest.mark.parametrize("exists", [True, False])
def test_resuming_an_empty_or_missing_folder_starts_at_the_beginning(tmp_path, exists):
    folder = tmp_path / "run"
    if exists:
        folder.mkdir()
    assert RunDirectory.start(folder, SETTINGS, resume=True).configuration() == SETTINGS


def test_an_existing_run_is_refused_and_left_alone(tmp_path):
    RunDirectory.start(tmp_path, SETTINGS, resume=False)
    before = (tmp_path / "config.yaml").read_bytes()
    with pytest.raises(RunError, match="--resume"):
        RunDirectory.start(tmp_path, {**SETTINGS, "seed": 1}, resume=False)
    assert (tmp_path / "config.yaml").read_bytes() == before


def test_resuming_with_other_settings_names_the_first_that_differs(tmp_path):
    RunDirectory.start(tmp_path, SETTINGS, resume=False)
    other = {**SETTINGS, "recipe": {"outer": {"steps": 4}, "learners": [{"family": "a"}]}}
    with pytest.raises(RunError, match=r"recipe\.outer\.steps = 3, not 4"):
        RunDirectory.start(tmp_path, other, resume=True)


def test_another_number_of_threads_may_resume(tmp_path):
    RunDirectory.start(tmp_path, SETTINGS, resume=False)
    assert RunDirectory.start(tmp_path, {**SETTINGS, "threads": 8}, resume=True).configuration()["threads"] == 1


def test_words_that_decide_nothing_may_change(tmp_path):
    RunDirectory.start(tmp_path, {"recipe": {"cost": "unknown"}}, resume=False)
    RunDirectory.start(tmp_path, {"recipe": {"cost": "3 minutes"}}, resume=True)


def test_a_run_killed_while_it_wrote_its_configuration_can_start(tmp_path):
    (tmp_path / "config.yaml.partial").write_text("recipe: {ou")
    assert RunDirectory.start(tmp_path, SETTINGS, resume=True).configuration() == SETTINGS


def test_a_folder_of_other_files_is_refused(tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(RunError, match="holds no run"):
        RunDirectory.start(tmp_path, SETTINGS, resume=True)


def test_a_file_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match="is a file"):
        RunDirectory.start(tmp_path / "file", SETTINGS, resume=False)


def test_a_folder_without_a_run_has_no_report(tmp_path):
    with pytest.raises(RunError, match=r"config\.yaml is missing"):
        RunDirectory.existing(tmp_path)


@pytest.mark.parametrize("content", ["a: [", "just text", "\x00"])
def test_a_damaged_configuration_is_one_clear_line(tmp_path, content):
    (tmp_path / "config.yaml").write_text(content)
    with pytest.raises(RunError) as error:
        RunDirectory.existing(tmp_path).configuration()
    assert "\n" not in str(error.value)


def test_a_damaged_result_is_one_clear_line(tmp_path):
    (tmp_path / "evaluation.json").write_text("{")
    with pytest.raises(RunError, match="cannot be read"):
        RunDirectory(tmp_path).result()
