"""What all curricula of T x B codes share: the codes, their labels, how often they are met, and an end."""

import torch
from torch import Tensor, nn

from gtn_core.errors import ConfigurationError
from gtn_core.seeding import generator_for


class CodeSequence(nn.Module):
    """T x B codes, fewer where they are met more than once; labels are fixed and balanced, i mod classes.

    Args:
        steps: T.
        batch: B.
        code_size: Z.
        classes: number of labels.
        passes: how often every code is met; T / passes batches are kept, a whole number.
        learned: whether the codes are parameters; else they stay what they were drawn as.

    Raises:
        ConfigurationError: the passes do not go into the steps.
    """

    codes_TBZ: Tensor
    labels_TB: Tensor

    def __init__(
        self, steps: int, batch: int, code_size: int, classes: int, *, passes: int = 1, learned: bool = True
    ) -> None:
        super().__init__()
        if steps % passes:
            raise ConfigurationError(f"{steps} steps cannot be {passes} passes over the same batches; give a divisor")
        self.steps, self.batch, self.kept = steps, batch, steps // passes
        codes = torch.randn(self.kept, batch, code_size)
        if learned:
            self.codes_TBZ = nn.Parameter(codes)
        else:
            self.register_buffer("codes_TBZ", codes)
        labels = torch.arange(self.kept * batch).view(self.kept, batch) % classes
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
        """Return where among all codes those of an inner step stand; here in their own order, in every pass."""
        place = step % self.kept
        return slice(place * self.batch, (place + 1) * self.batch)

    def drawn_order(self, count: int, step: int, seed: int) -> Tensor:
        """Return an order of `count` things, drawn from the seed anew for every pass."""
        return torch.randperm(count, generator=generator_for(seed, "curriculum", step // self.kept))
