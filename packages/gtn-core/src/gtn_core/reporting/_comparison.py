"""The arms of a comparison as rows, the same for the report and for a terminal."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gtn_core.reporting._reading import Evaluation, checked_evaluation

LABELS = {
    "teacher": "teacher",
    "real_data": "real data, equal steps",
    "warm_start": "warm start alone",
    "untrained": "untrained generator",
}
"""In the order in which tables show them."""


@dataclass(frozen=True)
class ComparisonRow:
    """One arm's few-step accuracy, from 0 to 1.

    Attributes:
        arm: its key in `evaluation.json`.
        label: its name for people.
        mean: over the learners.
        low: lower end of the 95 % interval of the mean.
        high: upper end.
        accuracies: of the single learners.
    """

    arm: str
    label: str
    mean: float
    low: float
    high: float
    accuracies: tuple[float, ...]

    @property
    def percent(self) -> str:
        """The mean as tables show it."""
        return f"{100 * self.mean:.1f} %"

    @property
    def interval(self) -> str:
        """The interval as tables show it."""
        return f"{100 * self.low:.1f} to {100 * self.high:.1f} %"


def comparison_table(evaluation: Mapping[str, Any], *, transductive: bool = False) -> list[ComparisonRow]:
    """Return a row for each arm, the teacher first.

    Args:
        evaluation: the content of `evaluation.json`.
        transductive: whether the learners were judged with the statistics of each evaluation batch (batch-norm mode
            `batch`), which every table has to say.

    Raises:
        RunError: the content is damaged.

    Example:
        >>> rows = comparison_table({"arms": {"teacher": {"mean": 0.97, "low": 0.965, "high": 0.974}}})
        >>> rows[0].label, rows[0].percent, rows[0].interval
        ('teacher', '97.0 %', '96.5 to 97.4 %')
    """
    return rows_of(checked_evaluation(evaluation, "the evaluation"), transductive)


def rows_of(evaluation: Evaluation, transductive: bool) -> list[ComparisonRow]:
    """Return the rows of an evaluation that is checked already."""
    suffix = " (transductive)" if transductive else ""
    known = [arm for arm in LABELS if arm in evaluation.arms]
    others = [arm for arm in evaluation.arms if arm not in LABELS]
    return [
        ComparisonRow(arm, label_of(arm) + suffix, found.mean, found.low, found.high, found.accuracies)
        for arm, found in ((arm, evaluation.arms[arm]) for arm in known + others)
    ]


def label_of(arm: str) -> str:
    """Return an arm's name for people."""
    return LABELS.get(arm, arm.replace("_", " "))
