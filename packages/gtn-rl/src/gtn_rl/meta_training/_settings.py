"""What a recipe can say about the outer loop, whatever is meta-trained in it."""

from math import cos, pi
from typing import Annotated

from pydantic import Field

from gtn_core._specification import Decay, Fraction, Positive, Size, Specification


class OuterLoop(Specification):
    """Settings of the outer loop.

    Attributes:
        steps: outer steps.
        learning_rate: of the outer Adam at the start; the cosine schedule ends at `final_learning_rate` times it.
        final_learning_rate: share of the learning rate that is left at the end.
        gradient_clip: largest norm of the meta-gradient; null leaves it as it is.
        rollback_factor: a meta-gradient that is not finite, or a thousand times as long as the longest of late, is
            never followed. Given this, meta-training then also goes back to its last checkpoint, with this share of the
            learning rate from there on; null leaves all as it was before that step.
        averaging: decay of the moving average of the meta-parameters that is validated and kept in the end; 0 keeps
            those of the last step.
        validate_every: outer steps between two validations.
        checkpoint_every: outer steps between two checkpoints.
    """

    steps: Annotated[int, Field(strict=True, ge=1, le=10_000_000)] = 400
    learning_rate: Positive = 0.003
    final_learning_rate: Fraction = 0.1
    gradient_clip: Positive | None = 0.5
    rollback_factor: Annotated[float, Field(gt=0, lt=1)] | None = None
    averaging: Decay = 0.9
    validate_every: Size = 50
    checkpoint_every: Size = 10

    def learning_rate_at(self, step: int) -> float:
        """Return the cosine schedule's value at an outer step.

        Example:
            >>> OuterLoop(steps=10, learning_rate=1.0, final_learning_rate=0.0).learning_rate_at(5)
            0.5
        """
        remaining = 0.5 * (1 + cos(pi * step / self.steps))
        return self.learning_rate * (self.final_learning_rate + (1 - self.final_learning_rate) * remaining)
