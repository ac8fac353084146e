"""From noise to demonstrations: states and what a policy should answer there.

Legend: B pairs a batch, Z values of a noise vector, D of a state, A outputs of a policy.
"""

from math import log
from typing import NamedTuple

import torch
from torch import Generator, Tensor, nn

from gtn_core.seeding import seeded_by
from gtn_rl.demonstrations._specification import DemonstrationsSpecification

SLOPE = 0.1
SCALE_GAIN = 5.0
"""How much faster than a weight the logarithm of a scale moves under Adam, whose steps are all of one size."""

USUAL_OUTPUT = 0.25
"""Standard deviation, about, of the network's outputs at the start."""


class DemonstrationBatch(NamedTuple):
    """Generated pairs."""

    states: Tensor
    """`[B, D]`."""
    targets: Tensor
    """`[B, A]`: wanted outputs of the policy, logits or centres before squashing, of mean zero over the batch."""


class DemonstrationGenerator(nn.Module):
    """A multilayer perceptron with a learned scale for every value of states and targets.

    Targets have their mean over the batch taken off. What they say of no particular state would move a policy's output
    everywhere alike, which a network with biases answers to far more strongly than to what depends on the state.

    Args:
        specification: sizes and scales.
        observations: D.
        outputs: A.
        generator: of the initial parameters.

    Example:
        >>> source = torch.Generator().manual_seed(0)
        >>> made = DemonstrationGenerator(DemonstrationsSpecification(), 4, 2, source)
        >>> states, targets = made(torch.randn(512, 16, generator=source))
        >>> states.shape, targets.shape
        (torch.Size([512, 4]), torch.Size([512, 2]))
    """

    def __init__(
        self, specification: DemonstrationsSpecification, observations: int, outputs: int, generator: Generator
    ) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        inputs = specification.noise
        with seeded_by(generator):
            for _ in range(specification.depth):
                layers += [nn.Linear(inputs, specification.width), nn.LeakyReLU(SLOPE)]
                inputs = specification.width
            layers.append(nn.Linear(inputs, observations + outputs))
        self.network = nn.Sequential(*layers)
        self.observations = observations
        scales = [specification.state_scale] * observations + [specification.target_scale] * outputs
        self.log_scales = nn.Parameter(torch.tensor([log(scale) / SCALE_GAIN for scale in scales]))

    def scales(self) -> Tensor:
        """Return the sizes `[D + A]` of states and targets, without a graph."""
        return (SCALE_GAIN * self.log_scales.detach()).exp()

    def forward(self, noise: Tensor) -> DemonstrationBatch:
        """Return the demonstrations of noise vectors `[B, Z]`."""
        values = self.network(noise) / USUAL_OUTPUT * (SCALE_GAIN * self.log_scales).exp()
        states, targets = values.split([self.observations, values.shape[-1] - self.observations], dim=-1)
        return DemonstrationBatch(states, targets - targets.mean(0))
