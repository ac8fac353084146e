"""A first look at a real environment by random actions: where its observations lie, and how large its rewards are."""

from typing import NamedTuple

import torch
from torch import Tensor

from gtn_core.seeding import derive_seed
from gtn_rl.rollouts import Environments


class Measurement(NamedTuple):
    """What random actions showed."""

    observations: Tensor
    """`[steps, D]`."""
    reward: float
    """Mean size of a reward."""


def measure(environments: Environments, steps: int, seed: int) -> Measurement:
    """Act at random for at least so many steps, all copies together."""
    space = environments.vector.action_space
    space.seed(derive_seed(seed, "random actions") % 2**31)
    observations, size = [torch.from_numpy(environments.reset(derive_seed(seed, "measurement") % 2**31))], 0.0
    rounds = -(-steps // len(environments))
    for _ in range(rounds):
        taken = environments.step(space.sample())
        observations.append(torch.from_numpy(taken.successors[taken.valid]))
        size += float(abs(taken.rewards[taken.valid]).sum())
    states = torch.cat(observations)
    return Measurement(states, size / max(1, len(states) - len(environments)))
