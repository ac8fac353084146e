"""The teacher: generator, curriculum, inner optimizer, and the normalisation of its data."""

from functools import partial
from pathlib import Path

import torch
from torch import Tensor, nn

from gtn_core.curricula import ClosedLoopCurriculum, CodeSequence, SoftLabels
from gtn_core.data import Normalization
from gtn_core.errors import TeacherError
from gtn_core.families import draw_learner
from gtn_core.seeding import derive_seed, generator_for, seeded
from gtn_core.teacher import _artefact
from gtn_core.teacher._arm import Arm
from gtn_core.teacher._closed_loop import ClosedLoopBatches
from gtn_core.teacher._specification import TeacherSpecification
from gtn_core.typing import Batch, BatchFunction, ClosedLoop, ImageShape
from gtn_core.unroll import State


class Teacher(Arm):
    """All that is needed to teach a fresh network in T steps.

    Its parameters are the meta-parameters: generator weights, curriculum codes, soft labels where they are learned, the
    inner optimizer's hyper-parameters.

    Args:
        specification: its shape.
        image_shape: channels, height, width.
        class_names: one a label, in order.
        normalization: of the real data it stands for.
        seed: of its initial weights and codes.

    Example:
        >>> import torch
        >>> from torch import nn
        >>> teacher = Teacher.from_pretrained("digits")
        >>> network = nn.Sequential(nn.Flatten(), nn.Linear(64, 10))
        >>> teacher.teach(network)
        >>> network(teacher.normalize(torch.rand(3, 1, 8, 8))).shape
        torch.Size([3, 10])
    """

    def __init__(
        self,
        specification: TeacherSpecification,
        *,
        image_shape: ImageShape,
        class_names: tuple[str, ...],
        normalization: Normalization,
        seed: int = 0,
    ) -> None:
        super().__init__()
        self.specification = specification
        self.image_shape, self.class_names, self.normalization = image_shape, class_names, normalization
        self.steps, self.classes, self.batch_norm = specification.steps, len(class_names), specification.batch_norm
        with seeded(derive_seed(seed, "teacher")):
            self.generator = specification.generator.build(image_shape, self.classes)
            self.curriculum = specification.build_curriculum(image_shape, self.classes)
        self.soft_labels: SoftLabels | None = None
        if specification.soft_labels:
            assert isinstance(self.curriculum, CodeSequence)
            self.soft_labels = SoftLabels(self.curriculum.labels_TB, self.classes)
        self.inner_optimizer = specification.inner_optimizer.build(specification.steps)
        self.card = _artefact.TeacherCard()

    @property
    def answers_the_learner(self) -> bool:
        """Whether what it shows depends on the learner: true of a closed-loop curriculum alone."""
        return isinstance(self.curriculum, ClosedLoopCurriculum)

    def batch(self, step: int, seed: int) -> Batch:
        """Return the synthetic images `[B, C, H, W]` and labels of one inner step: `[B]`, or probabilities `[B, K]`.

        Raises:
            TeacherError: the teacher answers the learner, so there is no batch without one.
        """
        if self.answers_the_learner:
            raise TeacherError(
                "a closed-loop teacher has no batch of its own, it answers a learner; ask for "
                "teacher.batches(learner=network), or teach the network"
            )
        return self._show(seed, step, *self.curriculum(step, seed))

    def source(self, seed: int) -> BatchFunction | ClosedLoop:
        """Return where an unroll has its batches from."""
        if isinstance(self.curriculum, ClosedLoopCurriculum):
            return ClosedLoopBatches(self.curriculum, partial(self._show, seed))
        return super().source(seed)

    @torch.no_grad()
    def batches(self, seed: int = 0, learner: nn.Module | None = None) -> list[Batch]:
        """Return the whole synthetic sequence, T batches.

        Args:
            seed: of all that is random in it.
            learner: whom a closed-loop teacher answers; it is shown the same as by `teach` with the same seed, but is
                left as it is. Unless given, one is drawn from the families that are recorded with the teacher. Other
                teachers need none.

        Raises:
            TeacherError: the teacher answers a learner, none is given, and no family is recorded.
        """
        if not self.answers_the_learner:
            return [self.batch(step, seed) for step in range(self.steps)]
        unroll = self.unroll(self._recorded_learner(seed) if learner is None else learner, seed)
        found: list[Batch] = []

        def note(step: int, state: State) -> None:
            if step < self.steps:
                found.append(unroll.batch_at(step, state))

        unroll.run(note)
        return found

    def _show(self, seed: int, step: int, codes: Tensor, labels: Tensor) -> Batch:
        made = self.generator(codes, labels)
        if isinstance(made, Batch):
            return made
        if self.soft_labels is None:
            return Batch(made, labels)
        assert isinstance(self.curriculum, CodeSequence)
        return Batch(made, self.soft_labels(self.curriculum.places(step, seed)))

    def _recorded_learner(self, seed: int) -> nn.Module:
        if not self.card.learners:
            raise TeacherError(
                "a closed-loop teacher answers a learner, and this one records no family to draw one from; give "
                "teacher.batches(learner=network)"
            )
        families = [learner.resolve() for learner in self.card.learners]
        drawn = draw_learner(families, self.image_shape, self.classes, generator_for(seed, "learner to be shown to"))
        return drawn.to(next(self.parameters()).device)

    def normalize(self, images: Tensor) -> Tensor:
        """Return pixels of [0, 1] in the form that taught networks expect: mean 0, standard deviation 1."""
        return self.normalization.normalize(images)

    def save_pretrained(self, folder: str | Path) -> None:
        """Write weights, `teacher.json` and a model card into a folder; a teacher that is there is replaced."""
        _artefact.save(self, Path(folder))

    @staticmethod
    def from_pretrained(name: str | Path, *, revision: str | None = None) -> "Teacher":
        """Return a saved teacher.

        Args:
            name: an existing folder, else the name of a teacher that ships with gtn-core, else a Hub id (has a `/`),
                which may end in `@` and a revision.
            revision: of the Hub repository: a branch, tag or commit.

        Raises:
            TeacherError: nothing of that name, or the folder is incomplete, damaged, or of another format version.
        """
        return _artefact.load(_artefact.locate(name, revision))

    def push_to_hub(self, repository: str, *, private: bool = False) -> str:
        """Upload the teacher to the Hub and return its address; needs a login with write access."""
        return _artefact.push(self, repository, private)
