"""Acrobot-v1, with the equations of motion of Sutton and Barto's book, as Gymnasium has them by default."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gtn_rl.classic_control._batched import BatchedEnv, Moved, Observations, States

GRAVITY, SECONDS = 9.8, 0.2
CENTRE, INERTIA = 0.5, 1.0
"""Of both links, whose masses and lengths are 1: where the mass is centred, and the moment of inertia."""
FASTEST = (4 * np.pi, 9 * np.pi)


class BatchedAcrobot(BatchedEnv):
    """Two links to swing above a line; a state is their angles and angular velocities."""

    env_id = "Acrobot-v1"

    def _start(self, stream: np.random.Generator) -> States:
        return stream.uniform(low=-0.1, high=0.1, size=4).astype(np.float32).astype(np.float64)

    def _move(self, states: States, actions: NDArray[Any]) -> Moved:
        torque = actions - 1.0
        moved = _integrate(states, torque)
        moved[:2] = (moved[:2] + np.pi) % (2 * np.pi) - np.pi
        for link, fastest in enumerate(FASTEST):
            np.clip(moved[2 + link], -fastest, fastest, out=moved[2 + link])
        height = -np.cos(moved[0]) - np.cos(moved[0] + moved[1])
        up = height > 1.0
        return Moved(moved, np.where(up, 0.0, -1.0), up)

    def _observe(self, states: States) -> Observations:
        angles, velocities = states[:2], states[2:]
        first, second = np.cos(angles), np.sin(angles)
        return np.stack((first[0], second[0], first[1], second[1], *velocities), axis=1).astype(np.float32)


def _integrate(states: States, torque: States) -> States:
    """Return the states `[4, N]` one step later (Runge-Kutta of order four)."""
    half = SECONDS / 2
    first = _slope(states, torque)
    second = _slope(states + half * first, torque)
    third = _slope(states + half * second, torque)
    fourth = _slope(states + SECONDS * third, torque)
    moved: States = states + SECONDS / 6 * (first + 2 * second + 2 * third + fourth)
    return moved


def _slope(states: States, torque: States) -> States:
    """Return how states `[4, N]` change with time."""
    one, two, speed_one, speed_two = states
    cosine, sine = np.cos(two), np.sin(two)
    own = CENTRE**2 + INERTIA
    outer = own + CENTRE * cosine
    whole = CENTRE**2 + 1 + CENTRE**2 + 2 * CENTRE * cosine + 2 * INERTIA
    pull_two = CENTRE * GRAVITY * np.sin(one + two)
    swing = CENTRE * sine * speed_two * (speed_two + 2 * speed_one)
    pull_one = (CENTRE + 1) * GRAVITY * np.sin(one) + pull_two - swing
    share = outer / whole
    numerator = torque + share * pull_one - CENTRE * speed_one**2 * sine - pull_two
    faster_two = numerator / (own - outer * share)
    faster_one = -(outer * faster_two + pull_one) / whole
    return np.stack((speed_one, speed_two, faster_one, faster_two))
