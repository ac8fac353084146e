"""Copies of a real environment, as fast as there are any."""

from typing import Any

import gymnasium as gym

from gtn_rl.classic_control import BATCHED
from gtn_rl.rollouts import Environments, check_env_id


def real_environments(env_id: str, count: int) -> Environments:
    """Return copies of a real environment, stepped as one batch where that can be.

    Raises:
        UnknownNameError: no such environment.
    """
    check_env_id(env_id)
    if env_id in BATCHED:
        return Environments(BATCHED[env_id](count))
    if not gym.spec(env_id).vector_entry_point:
        return Environments.make(env_id, count)
    vector: gym.vector.VectorEnv[Any, Any, Any] = gym.make_vec(env_id, count, vectorization_mode="vector_entry_point")
    return Environments(vector)
