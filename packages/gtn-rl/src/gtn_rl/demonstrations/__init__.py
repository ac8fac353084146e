"""Generated demonstrations: a generator of states and targets on which a fresh policy takes one SGD step."""

from gtn_rl.demonstrations._actor_critic import Decisions, actor_critic_loss
from gtn_rl.demonstrations._artefact import shipped_demonstrations
from gtn_rl.demonstrations._candidates import Candidate, best_candidate
from gtn_rl.demonstrations._card import Card, RecordedReturns
from gtn_rl.demonstrations._demonstrations import Demonstrations
from gtn_rl.demonstrations._generator import DemonstrationBatch, DemonstrationGenerator
from gtn_rl.demonstrations._inner_loop import StepSize, initial_parameters, taught_parameters
from gtn_rl.demonstrations._measuring import MeasuredReturns, measured_returns
from gtn_rl.demonstrations._recipes import recipe_for
from gtn_rl.demonstrations._settings import ActorCritic, DemonstrationsRecipe, Evaluation
from gtn_rl.demonstrations._specification import DemonstrationsSpecification
from gtn_rl.demonstrations._task import DemonstrationsTask
from gtn_rl.demonstrations._training import DemonstrationsTraining

__all__ = [
    "ActorCritic",
    "Candidate",
    "Card",
    "Decisions",
    "DemonstrationBatch",
    "DemonstrationGenerator",
    "Demonstrations",
    "DemonstrationsRecipe",
    "DemonstrationsSpecification",
    "DemonstrationsTask",
    "DemonstrationsTraining",
    "Evaluation",
    "MeasuredReturns",
    "RecordedReturns",
    "StepSize",
    "actor_critic_loss",
    "best_candidate",
    "initial_parameters",
    "measured_returns",
    "recipe_for",
    "shipped_demonstrations",
    "taught_parameters",
]
