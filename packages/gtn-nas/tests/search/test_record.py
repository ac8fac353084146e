from math import inf, nan
from pathlib import Path

import pytest

from gtn_core.errors import RunError
from gtn_nas import Score
from gtn_nas.search import RecordedEvaluation, Trial, TrialRecord


@pytest.fixture
def record(tmp_path: Path) -> TrialRecord:
    return TrialRecord(tmp_path / "trials.jsonl")


class Counting:
    """Scores a genotype by its length, and counts how often it is asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, genotype: str) -> Score:
        self.asked.append(genotype)
        return Score.of([float(len(genotype)), float(len(genotype)) + 1], seconds=0.5)


def test_a_score_survives_the_disk(record: TrialRecord):
    score = Score.of([0.25, 0.5], seconds=1.5, accuracies=(0.25, 0.5), losses=(1.0, 2.0))
    record.add(Trial.of("a", score))
    assert [trial.as_score() for trial in record.trials()] == [score]


def test_a_diverged_genotype_survives_too(record: TrialRecord):
    score = Score.of([0.25, nan], seconds=1.5, losses=(1.0, nan))
    record.add(Trial.of("a", score))
    (trial,) = record.trials()
    assert trial.rank_key == -inf
    assert trial.as_score().status == "diverged"


def test_what_is_recorded_is_not_scored_again(record: TrialRecord):
    first, second, told = Counting(), Counting(), []
    for _ in range(2):
        RecordedEvaluation(first, record, told.append)("abc")
    evaluation = RecordedEvaluation(second, record)
    assert evaluation("abc") == first("abc")
    assert second.asked == []
    evaluation("ab")
    assert second.asked == ["ab"]
    assert [trial.genotype for trial in told] == ["abc"]
    assert [trial.genotype for trial in record.trials()] == ["abc", "ab"]


@pytest.mark.parametrize("torn", [b'{"genotype": "c", "sco', b'{"genotype": "c"}', b"\xff\xfe"])
def test_a_torn_line_is_left_out_and_damages_no_other(record: TrialRecord, torn: bytes):
    evaluation = RecordedEvaluation(Counting(), record)
    evaluation("a")
    record.path.write_bytes(record.path.read_bytes() + torn)
    evaluation("b")
    assert [trial.genotype for trial in record.trials()] == ["a", "b"]


def test_a_flipped_bit_anywhere_costs_no_more_than_a_score(record: TrialRecord):
    evaluation = RecordedEvaluation(Counting(), record)
    for genotype in ("a", "bc"):
        evaluation(genotype)
    content, expected = record.path.read_bytes(), record.trials()
    for bit in range(8 * len(content)):
        damaged = bytearray(content)
        damaged[bit // 8] ^= 1 << bit % 8
        record.path.write_bytes(damaged)
        found = record.trials()
        assert all(trial in expected for trial in found)
        assert len(found) >= (0 if bit // 8 == content.index(b"\n") else 1)  # without an end, a line goes with the next


def test_lines_of_older_versions_have_no_checksum_and_are_read(record: TrialRecord):
    record.path.write_text(Trial.of("a", Score.of([0.5], seconds=1.0)).model_dump_json() + "\n")
    assert [trial.genotype for trial in record.trials()] == ["a"]


def test_of_two_processes_that_scored_the_same_the_first_counts(record: TrialRecord):
    for figure in (0.25, 0.5):
        record.add(Trial.of("a", Score.of([figure], seconds=1.0)))
    assert [trial.score for trial in record.trials()] == [0.25]


def test_a_record_that_cannot_be_read_is_one_clear_line(tmp_path: Path):
    with pytest.raises(RunError, match="cannot be read"):
        TrialRecord(tmp_path).trials()
