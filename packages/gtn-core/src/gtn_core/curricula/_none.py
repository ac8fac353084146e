"""No curriculum: fresh codes and random labels at every step; the generator alone must teach (paper, section 3.2)."""

import torch
from torch import Tensor, nn

from gtn_core.seeding import generator_for


class NoCurriculum(nn.Module):
    """Standard normal codes and uniform labels, drawn anew from the seed at every step.

    Args:
        steps: T, for which the inner optimizer's schedule is made; more steps may be asked for.
        batch: B.
        code_size: Z.
        classes: number of labels.
    """

    place: Tensor

    def __init__(self, steps: int, batch: int, code_size: int, classes: int) -> None:
        super().__init__()
        self.steps, self.batch, self.code_size, self.classes = steps, batch, code_size, classes
        self.register_buffer("place", torch.empty(0), persistent=False)  # says on which device, in which dtype

    def forward(self, step: int, seed: int) -> tuple[Tensor, Tensor]:
        """Return the codes `[B, Z]` and labels `[B]` of one inner step."""
        generator = generator_for(seed, "curriculum", step)
        codes = torch.randn(self.batch, self.code_size, generator=generator)
        labels = torch.randint(self.classes, (self.batch,), generator=generator)
        return codes.to(self.place, non_blocking=True), labels.to(self.place.device, non_blocking=True)
