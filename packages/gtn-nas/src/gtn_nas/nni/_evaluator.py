"""NNI evaluators around an evaluation: from the sample that NNI chose to a genotype, from its score to NNI's metric."""

import sys
from collections.abc import Callable
from typing import Any, Protocol

import nni
from nni.nas.evaluator import Evaluator

from gtn_nas.evaluation import EvaluationSettings
from gtn_nas.search import RecordedEvaluation, TrialRecord
from gtn_nas.strategies import genotype_of

LOWEST = -sys.float_info.max
"""What NNI is told of a diverged genotype: a number below every other that strategies can still compare."""


class Scored(Protocol):
    """What an evaluation returns, such as `gtn_nas.Score`."""

    @property
    def score(self) -> float:
        """Higher is better; -inf if the network diverged."""
        ...


def metric_of(score: float) -> float:
    """Return a score as NNI is told it.

    Example:
        >>> metric_of(0.5), metric_of(float("-inf")) == metric_of(float("nan")) == LOWEST
        (0.5, True)
    """
    return max(score, LOWEST) if score == score else LOWEST


@nni.trace
class GTNEvaluator(Evaluator):
    """Scores NNI's models with an evaluation.

    On the sequential engine any evaluation will do. Trials in other processes get a copy, of 64 KB at most: there, use
    a function of an installed module, or `TrialEvaluator`.

    Args:
        evaluation: a callable from a genotype to something with a `score`, such as `gtn_nas.GTNEvaluation`.
    """

    def __init__(self, evaluation: Callable[[Any], Scored]) -> None:
        self.evaluation = evaluation

    def evaluate(self, model: Any) -> float:
        """Report the score of a model of a `GenotypeModelSpace` to NNI, and return it."""
        metric = metric_of(self.evaluation(genotype_of(model.sample)).score)
        nni.report_final_result(metric)
        return metric

    def _execute(self, model: Any) -> float:
        return self.evaluate(model)  # NNI would build a network here; the sample is all that is needed


@nni.trace
class TrialEvaluator(Evaluator):
    """The same for trials in processes of their own: what travels is how to make the evaluation.

    Args:
        settings: of the evaluation; keywords of `EvaluationSettings`.
        record: path of a record that scores are added to, on a disk that all trials share.
    """

    def __init__(self, settings: dict[str, Any], record: str | None = None) -> None:
        self.settings, self.record = settings, record

    def evaluate(self, model: Any) -> float:
        """Report the score of a model of a `GenotypeModelSpace` to NNI, and return it."""
        evaluation = EvaluationSettings(**self.settings).build()
        if self.record is not None:
            evaluation = RecordedEvaluation(evaluation, TrialRecord(self.record))
        metric = metric_of(evaluation(genotype_of(model.sample)).score)
        nni.report_final_result(metric)
        return metric

    def _execute(self, model: Any) -> float:
        return self.evaluate(model)
