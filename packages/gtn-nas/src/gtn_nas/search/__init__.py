"""A search without what runs it: the record it can be resumed from, its results and its report."""

from gtn_nas.search._names import ENGINES, STRATEGIES, check_engine, check_strategy
from gtn_nas.search._record import RECORD, RecordedEvaluation, Trial, TrialRecord
from gtn_nas.search._results import RESULT, SCORES, SearchResult, trials_of

__all__ = [
    "ENGINES",
    "RECORD",
    "RESULT",
    "SCORES",
    "STRATEGIES",
    "RecordedEvaluation",
    "SearchResult",
    "Trial",
    "TrialRecord",
    "check_engine",
    "check_strategy",
    "trials_of",
]
