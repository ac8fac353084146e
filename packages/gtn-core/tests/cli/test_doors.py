"""No command listens anywhere or sends anything: every one is run, and every socket of it noted."""

import pytest

from gtn_core.cli._main import app

TINY = [
    *("--set", "outer.steps=2", "--set", "warm_start.steps=2", "--set", "real_data_arm.steps=1"),
    *("--set", "teacher.steps=2", "--set", "teacher.batch=10", "--set", "outer.intermediate_every=null"),
    *("--set", "evaluation.learners=1", "--set", "evaluation.curve_learners=1", "--set", "outer.validation_learners=1"),
]
COMMANDS = [
    ("gtn", "recipes"),
    ("gtn", "train", "digits", *TINY, "--run-dir", "run"),
    ("gtn", "tune", "digits", "--count", "1", "--set", "teacher.steps=1", "--set", "teacher.batch=10"),
    ("gtn", "teach", "digits", "--count", "1"),
    ("gtn", "sample", "digits", "--out", "grid.png", "--rows", "1"),
    ("gtn", "export", "run/teacher", "--out", "data", "--parquet"),
    ("gtn", "teach", "run/teacher", "--count", "1", "--data", "digits"),
    ("gtn", "study", "curricula", "--arm", "full", *TINY, "--seeds", "1", "--run-dir", "study"),
    ("gtn", "report", "run"),
]


@pytest.mark.slow
def test_no_command_listens_or_sends(watched):
    assert {command[1] for command in COMMANDS} == {command.name for command in app.registered_commands}
    found = watched("gtn_core.cli", COMMANDS)
    assert [(command, code, errors) for command, code, errors in found["ended"] if code] == []
    assert len(found["ended"]) == len(COMMANDS)
    assert found["outgoing"] == found["connected"] == found["listening"] == []


def test_what_would_be_sent_is_seen(watched, tmp_path):
    """The witness is awake: a Hub id makes `gtn teach` ask for the Hub, and it is refused there."""
    found = watched("gtn_core.cli", [("gtn", "teach", "someone/teacher")])
    assert found["outgoing"]
    assert found["ended"][0][1] == 1
