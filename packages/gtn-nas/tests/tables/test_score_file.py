"""The file of scores survives whatever stops its writer."""

import pytest

from gtn_core.errors import RunError
from gtn_nas import Score
from gtn_nas.spaces import Cost
from gtn_nas.tables import COLUMNS, ScoreFile


def add(scores, genotype):
    scores.append(genotype, Score.of([0.25], seconds=1.5), Cost(10, 20))


def test_a_file_torn_anywhere_goes_on_with_whole_rows(tmp_path):
    path = tmp_path / "new" / "scores.csv"
    scores = ScoreFile(path)
    for genotype in ("a", 'b "c", d'):
        add(scores, genotype)
    whole = path.read_bytes()
    for length in range(len(whole) + 1):
        path.write_bytes(whole[:length])
        scores = ScoreFile(path)
        kept = scores.table().texts("genotype")
        assert kept == ["a", 'b "c", d'][: len(kept)]
        add(scores, "last")
        assert scores.table().texts("genotype") == [*kept, "last"]
        assert scores.table().columns == COLUMNS


def test_a_row_holds_all_that_is_known(tmp_path):
    scores = ScoreFile(tmp_path / "scores.csv")
    scores.append("a", Score.of([float("nan")], seconds=1.5), Cost(10, 20))
    assert scores.table().rows == [
        dict(zip(COLUMNS, ("a", "-inf", "0.0", "1.5000", "10", "20", "diverged"), strict=True))
    ]


def test_a_file_of_another_kind_is_left_alone(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text("genotype,accuracy\na,0.5\nb,0.")
    with pytest.raises(RunError, match="holds no scores"):
        ScoreFile(path)
    assert path.read_text() == "genotype,accuracy\na,0.5\nb,0."
    with pytest.raises(RunError, match="cannot write"):
        ScoreFile(tmp_path / "mine.csv" / "scores.csv")
