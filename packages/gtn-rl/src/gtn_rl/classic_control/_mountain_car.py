"""MountainCar-v0."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gtn_rl.classic_control._batched import BatchedEnv, Moved, Observations, States

FORCE, GRAVITY = 0.001, 0.0025
LEFT, RIGHT, GOAL = -1.2, 0.6, 0.5
FASTEST = 0.07


class BatchedMountainCar(BatchedEnv):
    """A car too weak for the hill before it; a state is its position and velocity."""

    env_id = "MountainCar-v0"

    def _start(self, stream: np.random.Generator) -> States:
        return np.array([stream.uniform(low=-0.6, high=-0.4), 0.0])

    def _move(self, states: States, actions: NDArray[Any]) -> Moved:
        position, velocity = states
        velocity = velocity + (actions - 1) * FORCE - np.cos(3 * position) * GRAVITY
        velocity = np.clip(velocity, -FASTEST, FASTEST)
        position = np.clip(position + velocity, LEFT, RIGHT)
        velocity = np.where((position == LEFT) & (velocity < 0), 0.0, velocity)
        there = (position >= GOAL) & (velocity >= 0)
        return Moved(np.stack((position, velocity)), np.full(self.num_envs, -1.0), there)

    def _observe(self, states: States) -> Observations:
        return states.T.astype(np.float32)
