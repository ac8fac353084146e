"""Pendulum-v1."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gtn_rl.classic_control._batched import BatchedEnv, Moved, Observations, States

GRAVITY, SECONDS = 10.0, 0.05
FASTEST, STRONGEST = 8.0, 2.0


class BatchedPendulum(BatchedEnv):
    """A rod to swing up and to balance; a state is its angle and angular velocity."""

    env_id = "Pendulum-v1"

    def _start(self, stream: np.random.Generator) -> States:
        high = np.array([np.pi, 1.0])
        return stream.uniform(low=-high, high=high)

    def _move(self, states: States, actions: NDArray[Any]) -> Moved:
        angle, velocity = states
        torque = np.clip(actions[:, 0], -STRONGEST, STRONGEST)
        tilt = (angle + np.pi) % (2 * np.pi) - np.pi
        cost = tilt**2 + 0.1 * velocity**2 + 0.001 * torque**2
        velocity = velocity + (1.5 * GRAVITY * np.sin(angle) + 3.0 * torque) * SECONDS
        velocity = np.clip(velocity, -FASTEST, FASTEST)
        moved = np.stack((angle + velocity * SECONDS, velocity))
        return Moved(moved, -cost, np.zeros(self.num_envs, dtype=np.bool_))

    def _observe(self, states: States) -> Observations:
        angle, velocity = states
        return np.stack((np.cos(angle), np.sin(angle), velocity), axis=1).astype(np.float32)
