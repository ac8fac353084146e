"""What the tests of gtn-rl share: an environment whose every number is known."""

from collections.abc import Iterator

import gymnasium
import numpy as np
import pytest
import torch
from gymnasium import spaces

torch.set_num_threads(1)


class Corridor(gymnasium.Env):
    """States 0, 1, 2, ... up to a length; a step's reward is the state it leaves; the end terminates."""

    def __init__(self, length: int = 3) -> None:
        self.observation_space = spaces.Box(-1.0, 100.0, (1,), np.float32)
        self.action_space = spaces.Discrete(2)
        self.length = length
        self.state = 0

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.state = 0
        return self._observation(), {}

    def step(self, action):
        reward = float(self.state)
        self.state += 1
        return self._observation(), reward, self.state >= self.length, False, {}

    def _observation(self):
        return np.array([self.state], dtype=np.float32)


@pytest.fixture
def corridor():
    return Corridor


@pytest.fixture(autouse=True)
def _seeded_global_randomness() -> Iterator[None]:
    with torch.random.fork_rng([]):
        torch.default_generator.manual_seed(0)
        yield
