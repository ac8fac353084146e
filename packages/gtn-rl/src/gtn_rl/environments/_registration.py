"""Gymnasium ids of the environments that ship with gtn-rl."""

import gymnasium as gym

from gtn_rl.environments._artefact import describe_environment, shipped_environments


def register_environments() -> list[str]:
    """Register every environment that ships, once, and return the ids.

    An id without a trained artefact is not registered. A bandit's episodes end by themselves, so only environments of
    several steps have a time limit: the real one's.

    Example:
        >>> "gtn/CartPole-v0" in register_environments()
        True
    """
    ids = list(shipped_environments().items())
    for name, folder in ids:
        if name in gym.registry:
            continue
        description = describe_environment(folder)
        gym.register(
            name,
            entry_point="gtn_rl.environments:GeneratedEnv",
            vector_entry_point="gtn_rl.environments:GeneratedVectorEnv",
            max_episode_steps=description.card.max_episode_steps if description.specification.episodic else None,
            kwargs={"artefact": name},
        )
    return [name for name, _ in ids]
