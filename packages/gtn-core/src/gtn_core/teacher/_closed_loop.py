"""The batches of a teacher that answers the learner."""

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from gtn_core.curricula import ClosedLoopCurriculum
from gtn_core.typing import Batch, Tensors


@dataclass(frozen=True)
class ClosedLoopBatches:
    """A `gtn_core.typing.ClosedLoop` of a curriculum and whatever shows its codes.

    Args:
        curriculum: moves the codes.
        show: makes the batch of an inner step from its codes and labels.
    """

    curriculum: ClosedLoopCurriculum
    show: Callable[[int, Tensor, Tensor], Batch]

    def start(self) -> Tensors:
        """Return the memory before the first inner step."""
        return self.curriculum.start()

    def batch(self, step: int, memory: Tensors) -> Batch:
        """Return the batch of an inner step."""
        return self.show(step, *self.curriculum.moved(step, memory))

    def observe(self, memory: Tensors, batch: Batch, logits: Tensor, loss: Tensor) -> Tensors:
        """Return the memory after the learner answered a batch."""
        return self.curriculum.observe(memory, batch.labels, logits, loss)
