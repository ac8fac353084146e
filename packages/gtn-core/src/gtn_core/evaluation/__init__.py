"""Few-step accuracy: how good a fresh network is after the inner loop, and real data at equal steps beside it."""

from gtn_core.evaluation._bootstrap import Interval, bootstrap_interval
from gtn_core.evaluation._few_step_accuracy import (
    FewStepAccuracy,
    LearnerSource,
    accuracy_curve,
    few_step_accuracy,
    fitted,
    resolve_learners,
)
from gtn_core.evaluation._real_data_arm import RealDataArm

__all__ = [
    "FewStepAccuracy",
    "Interval",
    "LearnerSource",
    "RealDataArm",
    "accuracy_curve",
    "bootstrap_interval",
    "few_step_accuracy",
    "fitted",
    "resolve_learners",
]
