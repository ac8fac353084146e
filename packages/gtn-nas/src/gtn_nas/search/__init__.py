"""A search without what runs it: its settings, the record it can be resumed from, its results and its report."""

from gtn_nas.search._record import RECORD, RecordedEvaluation, Trial, TrialRecord
from gtn_nas.search._results import RESULT, SCORES, SearchResult, trials_of
from gtn_nas.search._settings import ENGINES, STRATEGIES, EvaluationSettings, check_engine, check_strategy

__all__ = [
    "ENGINES",
    "RECORD",
    "RESULT",
    "SCORES",
    "STRATEGIES",
    "EvaluationSettings",
    "RecordedEvaluation",
    "SearchResult",
    "Trial",
    "TrialRecord",
    "check_engine",
    "check_strategy",
    "trials_of",
]
