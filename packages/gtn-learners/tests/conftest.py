"""What the tests of gtn-learners share."""

from collections.abc import Callable

import pytest
import torch
from torch import nn

torch.set_num_threads(1)


@pytest.fixture(scope="session")
def parameter_count() -> Callable[[nn.Module], int]:
    return lambda network: sum(parameter.numel() for parameter in network.parameters())


@pytest.fixture(scope="session")
def layer_widths() -> Callable[[nn.Module], list[int]]:
    """Outputs of each layer with weights, in order."""
    return lambda network: [
        len(layer.weight) for layer in network.modules() if isinstance(layer, nn.Conv2d | nn.Linear)
    ]
