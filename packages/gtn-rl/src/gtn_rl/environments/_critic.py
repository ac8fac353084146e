"""The value network of the real environment: what return to expect from a state, given how agents act by now."""

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from gtn_rl.environments._settings import CriticSettings, RealRollouts
from gtn_rl.policies import ValueNetwork
from gtn_rl.rollouts import Trajectories, generalized_advantages, normalized


class Critic(nn.Module):
    """Values of real states, learnt in units of `scale` from states counted in standard deviations.

    Args:
        settings: of the network and of its training.
        mean: of observations, `[D]`.
        std: of observations, `[D]`.
        scale: what returns are measured in.
        generator: of the initial parameters.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, settings: CriticSettings, mean: Tensor, std: Tensor, scale: float, generator: Generator) -> None:
        super().__init__()
        self.settings, self.scale = settings, scale
        self.network = ValueNetwork(len(mean), generator, width=settings.width)
        self.register_buffer("mean", mean.clone())
        self.register_buffer("std", std.clone())

    def forward(self, observations: Tensor) -> Tensor:
        """Return values `[...]` of observations `[..., D]`."""
        values: Tensor = self.scale * self.network((observations - self.mean) / self.std)
        return values

    def judge(
        self, trajectories: Trajectories, rollouts: RealRollouts, optimizer: torch.optim.Optimizer, draws: Generator
    ) -> Tensor:
        """Return normalised advantages `[T, N]`, and then learn from the same steps."""
        with torch.no_grad():
            found = generalized_advantages(
                trajectories,
                self(trajectories.observations),
                self(trajectories.successors),
                rollouts.discount,
                rollouts.trace_decay,
            )
        states = trajectories.observations[trajectories.valid]
        returns = found.returns[trajectories.valid] / self.scale
        for _ in range(self.settings.updates):
            chosen = torch.randint(len(states), (self.settings.batch,), generator=draws)
            optimizer.zero_grad()
            F.mse_loss(self(states[chosen]) / self.scale, returns[chosen]).backward()
            optimizer.step()
        optimizer.zero_grad()
        return normalized(found.advantages, trajectories.valid)
