"""Roll-outs in parallel real environments: whole episodes or a number of steps as tensors, and advantages."""

from gtn_rl.rollouts._advantages import Advantages, generalized_advantages, normalized
from gtn_rl.rollouts._collecting import (
    ActFunction,
    Episodes,
    Trajectories,
    collect,
    first_returns,
    whole_episodes,
)
from gtn_rl.rollouts._environments import Environments, Transition, check_env_id, recorded_env_id
from gtn_rl.rollouts._groups import side_by_side

__all__ = [
    "ActFunction",
    "Advantages",
    "Environments",
    "Episodes",
    "Trajectories",
    "Transition",
    "check_env_id",
    "collect",
    "first_returns",
    "generalized_advantages",
    "normalized",
    "recorded_env_id",
    "side_by_side",
    "whole_episodes",
]
