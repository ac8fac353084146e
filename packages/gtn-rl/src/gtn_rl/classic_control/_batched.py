"""What the batched environments have in common: seeds, time limits, new episodes.

Gymnasium has a vector class of its own for CartPole alone. Copies of the others are stepped in a Python loop, and
meta-training takes millions of real steps. Copy i seeded with seed + i lives through what Gymnasium's environment does
with that seed, up to rounding; the tests hold the two against each other.

Legend: N copies, S numbers of a state.
"""

from collections.abc import Sequence
from typing import Any, ClassVar, NamedTuple

import gymnasium as gym
import numpy as np
from gymnasium.utils import seeding
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

States = NDArray[np.float64]
Observations = NDArray[np.float32]
Flags = NDArray[np.bool_]


class Moved(NamedTuple):
    """What one step of N copies leads to."""

    states: States
    """`[S, N]`."""
    rewards: NDArray[np.float64]
    """`[N]`."""
    terminated: Flags
    """`[N]`."""


class BatchedEnv(VectorEnv[Observations, Any, NDArray[Any]]):
    """Copies of one of Gymnasium's environments that begin anew within the step that ends an episode.

    Args:
        num_envs: N.
    """

    env_id: ClassVar[str]

    def __init__(self, num_envs: int) -> None:
        super().__init__()
        self.num_envs = num_envs
        self.spec = gym.spec(self.env_id)
        self.metadata = {"autoreset_mode": AutoresetMode.SAME_STEP}
        with gym.make(self.env_id) as single:
            self.single_observation_space = single.observation_space
            self.single_action_space = single.action_space
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self._limit = self.spec.max_episode_steps or np.inf
        self._streams = [seeding.np_random(None)[0] for _ in range(num_envs)]
        self._steps = np.zeros(num_envs, dtype=np.int64)
        self._states: States = np.stack([self._start(stream) for stream in self._streams], axis=1)

    def reset(
        self, *, seed: int | Sequence[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observations, dict[str, Any]]:
        """Begin episodes in all copies; copy i takes seed + i."""
        seeds = [seed + copy for copy in range(self.num_envs)] if isinstance(seed, int) else seed or ()
        for copy, own in enumerate(seeds):
            if own is not None:
                self._streams[copy] = seeding.np_random(own)[0]
        self._begin(np.ones(self.num_envs, dtype=np.bool_))
        return self._observe(self._states), {}

    def step(self, actions: Any) -> tuple[Observations, NDArray[np.float64], Flags, Flags, dict[str, Any]]:
        """Act in every copy."""
        self._states, rewards, terminated = self._move(self._states, np.asarray(actions))
        self._steps += 1
        truncated: Flags = self._steps >= self._limit
        observations = self._observe(self._states)
        ended = terminated | truncated
        infos: dict[str, Any] = {}
        if ended.any():
            final = np.fromiter(observations, dtype=object, count=self.num_envs)
            final[~ended] = None
            infos = {"final_obs": final, "_final_obs": ended}
            self._begin(ended)
            observations = self._observe(self._states)
        return observations, rewards, terminated, truncated, infos

    def _begin(self, copies: Flags) -> None:
        states = self._states.copy()
        for copy in np.flatnonzero(copies):
            states[:, copy] = self._start(self._streams[copy])
        self._states = states
        self._steps[copies] = 0

    def _start(self, stream: np.random.Generator) -> States:
        """Draw an initial state `[S]`."""
        raise NotImplementedError

    def _move(self, states: States, actions: NDArray[Any]) -> Moved:
        """Take one step from states `[S, N]`."""
        raise NotImplementedError

    def _observe(self, states: States) -> Observations:
        """Return observations `[N, D]` of states `[S, N]`, as an array that nobody else holds."""
        raise NotImplementedError
