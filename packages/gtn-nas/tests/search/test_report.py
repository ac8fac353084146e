from math import inf
from pathlib import Path

import pytest

from gtn_nas import NAOSpace, NB201Space, Score
from gtn_nas.evaluation import EvaluationSettings
from gtn_nas.search import SearchResult, Trial
from gtn_nas.search._report import build_search_report


@pytest.mark.parametrize("space", [NAOSpace(), NB201Space()], ids=["nao", "nb201"])
def test_a_report_shows_scores_the_best_cells_and_how_to_go_on(space, tmp_path: Path):
    scores = [0.5, -inf, 0.7, 0.6]
    trials = tuple(Trial.of(space.sample(seed), Score.of([score], seconds=1.0)) for seed, score in enumerate(scores))
    settings = EvaluationSettings("digits", space.name, data="digits")
    result = SearchResult(settings, "random", "sequential", 0, 5, trials)
    html = build_search_report(result, tmp_path).read_text()
    assert sorted(path.name for path in (tmp_path / "figures").iterdir()) == [
        "cell-1.png",
        "cell-2.png",
        "cell-3.png",
        "scores.png",
    ]
    assert "4 of 5 trials" in html
    assert html.count("<img") == 4
    assert "diverged" in html


def test_a_search_that_was_stopped_at_once_has_a_report_too(tmp_path: Path):
    result = SearchResult(EvaluationSettings("digits", "nao"), "random", "sequential", 0, 5, ())
    assert "No genotype has a finite score yet." in build_search_report(result, tmp_path).read_text()
