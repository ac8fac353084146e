"""The real-data arm: fresh real mini-batches, with the same inner optimizer to be learnt (paper, section 3.3)."""

from gtn_core.data import Split
from gtn_core.inner_optimizers import SGD, Adam
from gtn_core.seeding import generator_for
from gtn_core.teacher import Arm, TeacherSpecification
from gtn_core.typing import Batch, BatchNormMode


class RealDataArm(Arm):
    """Teaches with real training images at a teacher's T, B and inner optimizer.

    Args:
        split: the real training images.
        classes: number of labels.
        steps: T.
        batch_size: B.
        inner_optimizer: makes the learner's updates; its hyper-parameters are this arm's only meta-parameters.
        batch_norm: what the learner's batch norm uses when it is judged.
    """

    def __init__(
        self,
        split: Split,
        classes: int,
        steps: int,
        batch_size: int,
        inner_optimizer: SGD | Adam,
        batch_norm: BatchNormMode = "last_synthetic_batch",
    ) -> None:
        super().__init__()
        self.split, self.classes, self.steps, self.batch_size = split, classes, steps, batch_size
        self.inner_optimizer, self.batch_norm = inner_optimizer, batch_norm

    @classmethod
    def beside(cls, specification: TeacherSpecification, split: Split, classes: int) -> "RealDataArm":
        """Return the arm at equal steps: all but the data is as the teacher's specification says."""
        inner_optimizer = specification.inner_optimizer.build(specification.steps)
        return cls(split, classes, specification.steps, specification.batch, inner_optimizer, specification.batch_norm)

    def batch(self, step: int, seed: int) -> Batch:
        """Return B real training images without replacement, drawn anew at every step."""
        return self.split.batch(self.batch_size, generator_for(seed, "real batch", step))
