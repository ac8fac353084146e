"""A generated environment as a `gymnasium.Env`: an unmodified agent trains in it as in the real one."""

from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import torch
from gymnasium.error import InvalidAction, ResetNeeded
from numpy.typing import NDArray
from torch import Tensor

from gtn_rl.environments._artefact import as_generator
from gtn_rl.environments._generator import EnvironmentGenerator
from gtn_rl.environments._rendering import FRAMES_A_SECOND, Moment, render_moment

Observation = NDArray[Any]


class GeneratedEnv(gym.Env[Observation, Any]):
    """One copy of a generated environment.

    Observation and action spaces are those of the real one. Everything random comes from `reset(seed=...)`.

    Args:
        artefact: a generator, a folder that `gtn-rl train` wrote, or the name of one that ships with gtn-rl.
        render_mode: `rgb_array` for pictures of state, action and reward.
        device: where to compute.

    Raises:
        ArtefactError: the artefact is missing or damaged.
    """

    metadata = {"render_modes": ["rgb_array"], "render_fps": FRAMES_A_SECOND}  # noqa: RUF012

    def __init__(
        self,
        artefact: EnvironmentGenerator | str | Path,
        render_mode: str | None = None,
        device: torch.device | str = "cpu",
    ) -> None:
        self.generator = as_generator(artefact).to(device)
        self.render_mode = render_mode
        observations = self.generator.spaces.observations.space()
        assert isinstance(observations, gym.spaces.Box)
        self.observation_space = observations
        self.action_space = self.generator.spaces.actions.space()
        self._device = torch.device(device)
        self._state: Tensor | None = None
        self._moment: Moment | None = None

    @torch.inference_mode()
    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observation, dict[str, Any]]:
        """Begin an episode.

        Args:
            seed: where the randomness starts; without it the stream goes on.
            options: none are known.
        """
        super().reset(seed=seed)
        noise = self.np_random.standard_normal((1, self.generator.size), dtype=np.float32)
        self._state = self.generator.initial(torch.from_numpy(noise).to(self._device))
        observation = self._observation()
        self._moment = Moment(observation, None, None)
        return observation.copy(), {}

    @torch.inference_mode()
    def step(self, action: Any) -> tuple[Observation, float, bool, bool, dict[str, Any]]:
        """Act; `gymnasium.make` adds the time limit."""
        if self._state is None or self._moment is None:
            raise ResetNeeded("call reset() before step()")
        if isinstance(self.action_space, gym.spaces.Discrete) and not self.action_space.contains(action):
            raise InvalidAction(f"{action!r} is no action of {self.action_space}")
        given = torch.as_tensor(np.asarray(action)).to(self._device)
        transition = self.generator.advance(self._state, self.generator.encode(given[None]))
        changed = transition.state is not self._state  # which a bandit's is not
        self._state = transition.state
        observation = self._observation() if changed else self._moment.observation.copy()
        reward = float(transition.reward)
        self._moment = Moment(observation, np.asarray(action), reward)
        return observation, reward, bool(transition.termination > 0), False, {}

    def render(self) -> NDArray[np.uint8] | None:
        """Return a picture `[height, width, 3]` of the last observation, action and reward."""
        if self.render_mode is None:
            gym.logger.warn('rendering needs a mode: gymnasium.make(..., render_mode="rgb_array")')
            return None
        if self._moment is None:
            raise ResetNeeded("call reset() before render()")
        return render_moment(self._moment, self.generator)

    def _observation(self) -> Observation:
        assert self._state is not None
        observation: Observation = self.generator.observe(self._state)[0].cpu().numpy()
        return observation
