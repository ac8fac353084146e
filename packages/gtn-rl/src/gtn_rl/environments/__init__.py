"""Environments that a network generates, as Gymnasium environments; how they are saved, loaded and meta-trained."""

from gtn_rl.environments._artefact import (
    Artefact,
    check_fits,
    load_environment,
    save_environment,
    shipped_environments,
)
from gtn_rl.environments._bandit import ContextualBandit
from gtn_rl.environments._card import AgentResult, EnvironmentCard, GeneratorSpecification
from gtn_rl.environments._dynamics import GeneratedDynamics
from gtn_rl.environments._env import GeneratedEnv
from gtn_rl.environments._generator import EnvironmentGenerator, Transition
from gtn_rl.environments._real import real_environments
from gtn_rl.environments._recipes import environment_recipe_for
from gtn_rl.environments._registration import register_environments
from gtn_rl.environments._settings import EnvironmentRecipe
from gtn_rl.environments._side_by_side import side_by_side
from gtn_rl.environments._spaces import SpacesSpecification, spaces_of
from gtn_rl.environments._task import EnvironmentTask
from gtn_rl.environments._training import EnvironmentTraining
from gtn_rl.environments._vector_env import GeneratedVectorEnv

__all__ = [
    "AgentResult",
    "Artefact",
    "ContextualBandit",
    "EnvironmentCard",
    "EnvironmentGenerator",
    "EnvironmentRecipe",
    "EnvironmentTask",
    "EnvironmentTraining",
    "GeneratedDynamics",
    "GeneratedEnv",
    "GeneratedVectorEnv",
    "GeneratorSpecification",
    "SpacesSpecification",
    "Transition",
    "check_fits",
    "environment_recipe_for",
    "load_environment",
    "real_environments",
    "register_environments",
    "save_environment",
    "shipped_environments",
    "side_by_side",
    "spaces_of",
]
