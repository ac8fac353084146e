"""Evaluations: callables from a genotype to a `Score`, by a teacher, by real data, or without any training."""

from gtn_nas.evaluation._few_step import FewStepEvaluation, ScoreName
from gtn_nas.evaluation._gtn import GTNEvaluation
from gtn_nas.evaluation._real_data import RealDataEvaluation
from gtn_nas.evaluation._score import Evaluation, Score, Status
from gtn_nas.evaluation._settings import EVALUATIONS, EvaluationSettings
from gtn_nas.evaluation._training import Judgement, judge
from gtn_nas.evaluation._zero_cost import COUNTS, CostEvaluation, ZeroCostEvaluation

__all__ = [
    "COUNTS",
    "EVALUATIONS",
    "CostEvaluation",
    "Evaluation",
    "EvaluationSettings",
    "FewStepEvaluation",
    "GTNEvaluation",
    "Judgement",
    "RealDataEvaluation",
    "Score",
    "ScoreName",
    "Status",
    "ZeroCostEvaluation",
    "judge",
]
