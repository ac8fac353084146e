"""What all curricula of T x B codes share: the codes, their labels, and an end."""

import torch
from torch import Tensor, nn

from gtn_core.errors import ConfigurationError


class CodeSequence(nn.Module):
    """T x B codes; labels are fixed and balanced, i mod classes over the whole sequence.

    Args:
        steps: T.
        batch: B.
        code_size: Z.
        classes: number of labels.
        learned: whether the codes are parameters; else they stay what they were drawn as.
    """

    codes_TBZ: Tensor
    labels_TB: Tensor

    def __init__(self, steps: int, batch: int, code_size: int, classes: int, *, learned: bool = True) -> None:
        super().__init__()
        self.steps, self.batch = steps, batch
        codes = torch.randn(steps, batch, code_size)
        if learned:
            self.codes_TBZ = nn.Parameter(codes)
        else:
            self.register_buffer("codes_TBZ", codes)
        labels = torch.arange(steps * batch).view(steps, batch) % classes
        self.register_buffer("labels_TB", labels, persistent=False)

    def forward(self, step: int, seed: int) -> tuple[Tensor, Tensor]:
        """Return the codes `[B, Z]` and labels `[B]` of one inner step.

        Raises:
            ConfigurationError: the step lies beyond the sequence.
        """
        if step >= self.steps:
            raise ConfigurationError(
                f"a curriculum of {self.steps} steps has no step {step + 1}; ask for at most {self.steps}"
            )
        places = self.places(step, seed)
        return self.codes_TBZ.flatten(0, 1)[places], self.labels_TB.flatten()[places]

    def places(self, step: int, seed: int) -> slice | Tensor:
        """Return where in the whole sequence of T x B the codes of an inner step stand; here in their own order."""
        return slice(step * self.batch, (step + 1) * self.batch)
