"""How good agents get that were trained in something generated: fresh agents of an outside library, in the real one."""

from gtn_rl.evaluation._demonstrations import evaluate_demonstrations
from gtn_rl.evaluation._evaluate import Evaluation, evaluate_environment, evaluate_real
from gtn_rl.evaluation._sb3 import AGENTS, check_agent
from gtn_rl.evaluation._statistics import InterquartileMean, interquartile_mean

__all__ = [
    "AGENTS",
    "Evaluation",
    "InterquartileMean",
    "check_agent",
    "evaluate_demonstrations",
    "evaluate_environment",
    "evaluate_real",
    "interquartile_mean",
]
