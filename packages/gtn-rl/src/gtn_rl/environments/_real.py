"""Copies of a real environment, as fast as it offers them."""

from typing import Any

import gymnasium as gym

from gtn_rl.rollouts import Environments, check_env_id


def real_environments(env_id: str, count: int) -> Environments:
    """Return copies of a real environment, of its own vector class where it has one.

    Raises:
        UnknownNameError: no such environment.
    """
    check_env_id(env_id)
    if not gym.spec(env_id).vector_entry_point:
        return Environments.make(env_id, count)
    vector: gym.vector.VectorEnv[Any, Any, Any] = gym.make_vec(env_id, count, vectorization_mode="vector_entry_point")
    return Environments(vector)
