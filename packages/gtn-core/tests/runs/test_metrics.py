"""Metrics: lines that say what happened, cut back to what a checkpoint vouches for."""

import json

import pytest

from gtn_core.errors import RunError
from gtn_core.runs import MetricsLog


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_metrics_and_timings_are_kept_apart(tmp_path):
    with MetricsLog(tmp_path) as log:
        log.write(0, {"meta_loss": 0.5, "gradient_norm": None})
    assert lines(tmp_path / "metrics.jsonl") == [{"step": 0, "meta_loss": 0.5, "gradient_norm": None}]
    assert set(lines(tmp_path / "timings.jsonl")[0]) == {"step", "seconds"}
    assert list(tmp_path.glob("events.*"))


def test_what_came_after_the_last_checkpoint_is_cut_off(tmp_path):
    with MetricsLog(tmp_path) as log:
        log.write(0, {"meta_loss": 0.5})
        length = log.settle()
        log.write(1, {"meta_loss": 9.0})
    with MetricsLog(tmp_path, length, step=1) as log:
        log.write(1, {"meta_loss": 0.25})
    assert [line["meta_loss"] for line in lines(tmp_path / "metrics.jsonl")] == [0.5, 0.25]


def test_metrics_shorter_than_the_checkpoint_says_are_refused(tmp_path):
    (tmp_path / "metrics.jsonl").write_text("{}\n")
    with pytest.raises(RunError, match="shorter"):
        MetricsLog(tmp_path, length=100)
    assert (tmp_path / "metrics.jsonl").read_text() == "{}\n"


def test_a_torn_line_of_timings_does_not_spoil_the_next(tmp_path):
    (tmp_path / "timings.jsonl").write_text('{"step": 0, "sec')
    with MetricsLog(tmp_path) as log:
        log.write(0, {"meta_loss": 0.5})
    assert json.loads((tmp_path / "timings.jsonl").read_text().splitlines()[-1])["step"] == 0
