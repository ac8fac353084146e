"""Full curriculum: a learned sequence of T batches, always in the same order (paper, section 3.2)."""

import torch
from torch import Tensor, nn

from gtn_core.errors import ConfigurationError


class FullCurriculum(nn.Module):
    """T x B learned codes; labels are fixed and balanced, i mod classes over the whole sequence.

    Args:
        steps: T.
        batch: B.
        code_size: Z.
        classes: number of labels.
    """

    labels_TB: Tensor

    def __init__(self, steps: int, batch: int, code_size: int, classes: int) -> None:
        super().__init__()
        self.steps, self.batch = steps, batch
        self.codes_TBZ = nn.Parameter(torch.randn(steps, batch, code_size))
        labels = torch.arange(steps * batch).view(steps, batch) % classes
        self.register_buffer("labels_TB", labels, persistent=False)

    def forward(self, step: int, seed: int) -> tuple[Tensor, Tensor]:
        """Return the codes `[B, Z]` and labels `[B]` of one inner step; the seed changes nothing.

        Raises:
            ConfigurationError: the step lies beyond the sequence.
        """
        if step >= self.steps:
            raise ConfigurationError(
                f"a full curriculum of {self.steps} steps has no step {step + 1}; ask for at most {self.steps}"
            )
        return self.codes_TBZ[step], self.labels_TB[step]
