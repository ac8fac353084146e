import csv
import json
from math import inf
from pathlib import Path

import pytest

from gtn_nas import Score
from gtn_nas.evaluation import EvaluationSettings
from gtn_nas.search import SearchResult, Trial


def result_of(*scores: float, wanted: int = 4) -> SearchResult:
    trials = tuple(Trial.of(f"g{place}", Score.of([score], seconds=0.5)) for place, score in enumerate(scores))
    settings = EvaluationSettings("digits", "nb201", data="digits")
    return SearchResult(settings, "random", "sequential", 0, wanted, trials)


def test_the_best_come_first_and_diverged_ones_last(tmp_path: Path):
    result = result_of(0.1, -inf, 0.7, 0.3)
    assert [trial.genotype for trial in result.ranked] == ["g2", "g3", "g0", "g1"]
    assert result.finished
    assert result.diverged == 1
    result.write(tmp_path)
    content = json.loads((tmp_path / "search.json").read_text())
    assert content["best"]["genotype"] == "g2"
    with (tmp_path / "scores.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["genotype"] for row in rows] == ["g0", "g1", "g2", "g3"]
    assert float(rows[1]["score"]) == -inf
    assert rows[1]["status"] == "diverged"


@pytest.mark.parametrize("scores", [(), (-inf,)])
def test_without_a_finite_score_there_is_no_best(scores: tuple[float, ...], tmp_path: Path):
    result = result_of(*scores)
    result.write(tmp_path)
    content = json.loads((tmp_path / "search.json").read_text())
    assert content["best"] is None
    assert not content["finished"]
