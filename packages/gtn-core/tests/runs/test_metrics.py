"""Metrics: lines that say what happened, cut back to what a checkpoint vouches for."""

import json

import pytest

from gtn_core.errors import RunError
from gtn_core.runs import MetricsLog, read_metrics

FIGURES = [{"meta_loss": 2.25}, {"meta_loss": 0.0625, "gradient_norm": None}, {"validation_accuracy": 0.5}]


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.fixture
def written(tmp_path):
    """The path of three lines of metrics."""
    with MetricsLog(tmp_path) as log:
        for step, figures in enumerate(FIGURES):
            log.write(step, figures)
    return tmp_path / "metrics.jsonl"


def test_metrics_and_timings_are_kept_apart(tmp_path):
    with MetricsLog(tmp_path) as log:
        log.write(0, {"meta_loss": 0.5, "gradient_norm": None})
    (line,) = lines(tmp_path / "metrics.jsonl")
    assert line == {"step": 0, "meta_loss": 0.5, "gradient_norm": None, "crc32": 3393361156}
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


def flipped(content, bit):
    changed = bytearray(content)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def test_a_flipped_bit_anywhere_is_detected_or_changes_nothing(written):
    """Nothing: in the name of the checksum; and the last end of line is missed as where a process was killed."""
    content, expected = written.read_bytes(), read_metrics(written)
    detected, bits = 0, 8 * (len(content) - 1)
    for bit in range(bits):
        written.write_bytes(flipped(content, bit))
        try:
            found = read_metrics(written)
        except RunError:
            detected += 1
        else:
            assert found == expected
    assert bits - detected < 8 * len("crc32") * len(FIGURES)
    print(f"{detected} of {bits} flipped bits detected, the others without effect")


def test_a_flipped_bit_is_detected_before_a_run_goes_on(written):
    content = written.read_bytes()
    damaged = content.replace(b"0.0625", b"0.0635")
    written.write_bytes(damaged)
    with pytest.raises(RunError, match="damaged: line 2"):
        MetricsLog(written.parent, len(content), step=3)
    assert written.read_bytes() == damaged
    first = content.index(b"\n") + 1
    with MetricsLog(written.parent, first, step=1) as log:  # what is cut off anyway may be as it likes
        for step, figures in enumerate(FIGURES[1:], 1):
            log.write(step, figures)
    assert written.read_bytes() == content


def test_lines_of_older_versions_have_no_checksum_and_are_read(tmp_path):
    path = tmp_path / "metrics.jsonl"
    path.write_text('{"step": 0, "meta_loss": 0.5}\n')
    with MetricsLog(tmp_path, path.stat().st_size, step=1) as log:
        log.write(1, {"meta_loss": 0.25})
    assert [step.meta_loss for step in read_metrics(path)] == [0.5, 0.25]


def test_a_torn_line_of_timings_does_not_spoil_the_next(tmp_path):
    (tmp_path / "timings.jsonl").write_text('{"step": 0, "sec')
    with MetricsLog(tmp_path) as log:
        log.write(0, {"meta_loss": 0.5})
    assert json.loads((tmp_path / "timings.jsonl").read_text().splitlines()[-1])["step"] == 0
