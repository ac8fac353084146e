"""A family of your own: write it, check it, name it.

Run: python own_family.py (a few seconds on a CPU). It prints how many parameters ten learners of the family have.

To use it by name in recipes and in `gtn teach --learners`, list it in your package's pyproject.toml:

    [project.entry-points."gtn.learners"]
    residual = "your_package:residual"
"""

import torch
from torch import Generator, Tensor, nn

from gtn_core.seeding import seeded_by
from gtn_core.testing import check_learner_family
from gtn_core.typing import ImageShape


class Residual(nn.Module):
    """A layer beside a shortcut."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.layer = nn.Sequential(nn.Linear(width, width), nn.BatchNorm1d(width), nn.LeakyReLU(0.1))

    def forward(self, inputs: Tensor) -> Tensor:
        return inputs + self.layer(inputs)


def residual(image_shape: ImageShape, classes: int, generator: Generator) -> nn.Module:
    """Two residual layers of 32 to 64 units."""
    width = int(torch.randint(32, 65, (), generator=generator))
    pixels = torch.Size(image_shape).numel()
    with seeded_by(generator):  # layers draw from torch's global generator: seed it, and put it back
        return nn.Sequential(
            nn.Flatten(), nn.Linear(pixels, width), Residual(width), Residual(width), nn.Linear(width, classes)
        )


if __name__ == "__main__":
    check_learner_family(residual)
    stream = Generator().manual_seed(0)
    learners = [residual((1, 28, 28), 10, stream) for _ in range(10)]
    print(sorted(sum(parameter.numel() for parameter in learner.parameters()) for learner in learners))
