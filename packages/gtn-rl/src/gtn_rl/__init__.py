"""Generated demonstrations and generated environments that teach reinforcement-learning agents.

Importing this registers the generated environments that ship with the package, such as `gtn/CartPole-v0`.
"""

from gtn_rl.__about__ import __version__
from gtn_rl.demonstrations import Demonstrations
from gtn_rl.environments import (
    GeneratedEnv,
    GeneratedVectorEnv,
    load_environment,
    register_environments,
    shipped_environments,
)
from gtn_rl.policies import MLPFamily

register_environments()

__all__ = [
    "Demonstrations",
    "GeneratedEnv",
    "GeneratedVectorEnv",
    "MLPFamily",
    "__version__",
    "load_environment",
    "register_environments",
    "shipped_environments",
]
