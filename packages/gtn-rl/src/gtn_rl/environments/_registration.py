"""Gymnasium ids of the environments that ship with gtn-rl."""

import gymnasium as gym

from gtn_rl.environments._artefact import load_environment, shipped_environments


def register_environments() -> list[str]:
    """Register every environment that ships, once, and return the ids.

    An id without a trained artefact is not registered. A bandit's episodes end by themselves, so only environments of
    several steps have a time limit: the real one's.

    Example:
        >>> "gtn/CartPole-v0" in register_environments()
        True
    """
    ids = []
    for name, folder in shipped_environments().items():
        ids.append(name)
        if name in gym.registry:
            continue
        artefact = load_environment(folder)
        gym.register(
            name,
            entry_point="gtn_rl.environments:GeneratedEnv",
            vector_entry_point="gtn_rl.environments:GeneratedVectorEnv",
            max_episode_steps=artefact.card.max_episode_steps if artefact.generator.episodic else None,
            kwargs={"artefact": name},
        )
    return ids
