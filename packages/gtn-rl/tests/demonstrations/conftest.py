import pytest
import torch
from gymnasium import spaces

from gtn_rl.demonstrations import Demonstrations, DemonstrationsSpecification
from gtn_rl.policies import MLPFamily

SPACES = {
    "discrete": (spaces.Box(-1.0, 1.0, (3,)), spaces.Discrete(2)),
    "continuous": (spaces.Box(-1.0, 1.0, (3,)), spaces.Box(-2.0, 2.0, (2,))),
}


@pytest.fixture
def new_demonstrations():
    """Small ones."""

    def make(actions="discrete", **changes):
        specification = DemonstrationsSpecification(**{"batch": 8, "noise": 3, "width": 5, "depth": 1, **changes})
        return Demonstrations(specification, *SPACES[actions])

    return make


@pytest.fixture
def new_policy():
    def make(actions="discrete", seed=0, **changes):
        family = MLPFamily(**{"widths": (6, 6), "depths": (2, 2), "activations": ("tanh",), **changes})
        return family.draw(*SPACES[actions], torch.Generator().manual_seed(seed))

    return make
