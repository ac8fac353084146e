"""Many copies of a generated environment in one `gymnasium.vector.VectorEnv`, stepped as one batch."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import torch
from gymnasium.error import InvalidAction, ResetNeeded
from gymnasium.utils import seeding
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray
from torch import Tensor

from gtn_rl.environments._artefact import as_generator
from gtn_rl.environments._generator import EnvironmentGenerator
from gtn_rl.environments._rendering import FRAMES_A_SECOND, Moment, render_moment
from gtn_rl.environments._starts import StartStreams

Observations = NDArray[np.float32]
Flags = NDArray[np.bool_]


class GeneratedVectorEnv(VectorEnv[Observations, Any, NDArray[Any]]):
    """Copies of a generated environment, N of them.

    Copy i lives through what `GeneratedEnv` does when seeded with seed + i. Episodes are truncated here, since
    `gymnasium.make_vec` adds no time limit to an environment of this kind.

    Args:
        artefact: as for `GeneratedEnv`.
        num_envs: N.
        max_episode_steps: after which an episode is truncated; null for never.
        autoreset_mode: when a finished copy begins again: at the next step, within the same one, or when told to.
        render_mode: `rgb_array` for a picture of each copy.
        device: where to compute.

    Raises:
        ArtefactError: the artefact is missing or damaged.
    """

    def __init__(
        self,
        artefact: EnvironmentGenerator | str | Path,
        num_envs: int = 1,
        max_episode_steps: int | None = None,
        autoreset_mode: AutoresetMode | str = AutoresetMode.NEXT_STEP,
        render_mode: str | None = None,
        device: torch.device | str = "cpu",
    ) -> None:
        super().__init__()
        self.generator = as_generator(artefact).to(device)
        self.num_envs, self.max_episode_steps, self.render_mode = num_envs, max_episode_steps, render_mode
        self.autoreset_mode = AutoresetMode(autoreset_mode)
        self.metadata = {
            "render_modes": ["rgb_array"],
            "render_fps": FRAMES_A_SECOND,
            "autoreset_mode": self.autoreset_mode,
        }
        self.single_observation_space = self.generator.spaces.observations.space()
        self.single_action_space = self.generator.spaces.actions.space()
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self._device = torch.device(device)
        self._everyone = np.arange(num_envs)
        self._streams: StartStreams | None = None
        self._states: Tensor | None = None
        self._observations: Observations = np.zeros((num_envs, self.generator.size), dtype=np.float32)
        self._steps = np.zeros(num_envs, dtype=np.int64)
        self._finished: Flags = np.zeros(num_envs, dtype=np.bool_)
        self._last: tuple[Observations, NDArray[Any] | None, NDArray[np.float64] | None] | None = None

    @torch.inference_mode()
    def reset(
        self, *, seed: int | Sequence[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observations, dict[str, Any]]:
        """Begin episodes.

        Args:
            seed: of copy 0, where copy i takes seed + i; or one for each copy; without it the streams go on.
            options: `reset_mask`, boolean `[N]`, names the copies that begin again.

        Raises:
            ValueError: seeds or mask do not fit the number of copies.
        """
        mask = self._mask(options)
        self._seed(self._seeds(seed), mask)
        self._begin(self._everyone[mask])
        self._last = (self._observations, None, None)
        return self._observations.copy(), {}

    @torch.inference_mode()
    def step(self, actions: Any) -> tuple[Observations, NDArray[np.float64], Flags, Flags, dict[str, Any]]:
        """Act in every copy."""
        if self._states is None or self._last is None:
            raise ResetNeeded("call reset() before step()")
        waiting = self._finished
        if self.autoreset_mode == AutoresetMode.DISABLED and waiting.any():
            raise ResetNeeded(f"copies {np.flatnonzero(waiting).tolist()} ended: reset(options={{'reset_mask': ...}})")
        given = self._checked(actions)
        rewards, terminated, truncated = self._advance(given, waiting)
        if waiting.any():  # in the mode "next step" these copies only begin again
            rewards[waiting], terminated[waiting], truncated[waiting] = 0.0, False, False
            self._begin(self._everyone[waiting])
        self._finished = terminated | truncated
        infos: dict[str, Any] = {}
        if self.autoreset_mode == AutoresetMode.SAME_STEP and self._finished.any():
            infos = self._final(self._finished)
            self._begin(self._everyone[self._finished])
        self._last = (self._observations, np.asarray(actions), rewards)
        return self._observations.copy(), rewards.copy(), terminated, truncated, infos

    def render(self) -> tuple[NDArray[np.uint8], ...] | None:
        """Return a picture `[height, width, 3]` of each copy."""
        if self.render_mode is None:
            gym.logger.warn('rendering needs a mode: gymnasium.make_vec(..., render_mode="rgb_array")')
            return None
        if self._last is None:
            raise ResetNeeded("call reset() before render()")
        observations, actions, rewards = self._last
        return tuple(
            render_moment(
                Moment(
                    observations[copy],
                    None if actions is None else actions[copy],
                    None if rewards is None else float(rewards[copy]),
                ),
                self.generator,
            )
            for copy in range(self.num_envs)
        )

    def _advance(self, actions: Tensor, waiting: Flags) -> tuple[NDArray[np.float64], Flags, Flags]:
        """Move on to the next states; return rewards, terminations and truncations."""
        assert self._states is not None
        nothing: Flags = np.zeros(self.num_envs, dtype=np.bool_)
        self._steps += 1
        if waiting.all():
            return np.zeros(self.num_envs), nothing, nothing.copy()
        transition = self.generator.advance(self._states, self.generator.encode(actions))
        if transition.state is not self._states:  # a bandit's is
            self._states = transition.state
            self._observations = self.generator.observe(transition.state).cpu().numpy()
        rewards = transition.reward.cpu().numpy().astype(np.float64)
        terminated: Flags = (transition.termination > 0).cpu().numpy()
        limit = self.max_episode_steps
        return rewards, terminated, self._steps >= limit if limit else nothing

    def _begin(self, copies: NDArray[np.intp]) -> None:
        """Give copies an initial state."""
        assert self._streams is not None
        begun = self._streams.take(copies)
        if self._states is None or len(copies) == self.num_envs:
            self._states, self._observations = begun
        else:
            # Out of place: what the last step had may still be someone's.
            self._states = self._states.index_copy(0, torch.from_numpy(copies).to(self._device), begun.states)
            self._observations = self._observations.copy()
            self._observations[copies] = begun.observations
        self._steps[copies] = 0
        self._finished[copies] = False

    def _final(self, finished: Flags) -> dict[str, Any]:
        """Return what the copies that end would lose by beginning again, laid out as Gymnasium does."""
        final = np.fromiter(self._observations, dtype=object, count=self.num_envs)
        final[~finished] = None
        return {"final_obs": final, "_final_obs": finished.copy(), "final_info": {}, "_final_info": finished.copy()}

    def _checked(self, actions: Any) -> Tensor:
        given = np.asarray(actions)
        space = self.single_action_space
        fits = given.shape == self.action_space.shape
        if fits and isinstance(space, gym.spaces.Discrete):
            low, high = given.min(), given.max()
            fits = given.dtype.kind in "iu" and space.start <= low and high < space.start + space.n
        if not fits:
            raise InvalidAction(f"these are no actions of {self.action_space}: {given!r}")
        return torch.from_numpy(given).to(self._device)

    def _mask(self, options: dict[str, Any] | None) -> Flags:
        mask = (options or {}).get("reset_mask")
        if mask is None:
            return np.ones(self.num_envs, dtype=np.bool_)
        if not isinstance(mask, np.ndarray) or mask.shape != (self.num_envs,) or mask.dtype != np.bool_:
            raise ValueError(f"reset_mask must be a boolean array [{self.num_envs}]; got {mask!r}")
        if not mask.any() or (self._states is None and not mask.all()):
            raise ValueError("reset_mask must name a copy, and at the first reset every copy")
        return mask

    def _seeds(self, seed: int | Sequence[int | None] | None) -> list[int | None]:
        if seed is None:
            return [None] * self.num_envs
        if isinstance(seed, int):
            return [seed + copy for copy in range(self.num_envs)]
        seeds = list(seed)
        if len(seeds) != self.num_envs:
            raise ValueError(f"{self.num_envs} copies need as many seeds; got {len(seeds)}")
        return seeds

    def _seed(self, seeds: list[int | None], mask: Flags) -> None:
        if self._streams is None:
            generators = [seeding.np_random(seed)[0] for seed in seeds]
            self._streams = StartStreams(generators, self.generator, self._device)
            return
        for copy in self._everyone[mask]:
            if (seed := seeds[copy]) is not None:
                self._streams.replace(copy, seeding.np_random(seed)[0])
