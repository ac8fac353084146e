"""The teacher: generator, curriculum, inner optimizer, and the normalisation of its data."""

from pathlib import Path

import torch
from torch import Tensor

from gtn_core.data import Normalization
from gtn_core.seeding import derive_seed, seeded
from gtn_core.teacher import _artefact
from gtn_core.teacher._arm import Arm
from gtn_core.teacher._specification import TeacherSpecification
from gtn_core.typing import Batch, ImageShape


class Teacher(Arm):
    """All that is needed to teach a fresh network in T steps.

    Its parameters are the meta-parameters: generator weights, curriculum codes, the inner optimizer's hyper-parameters.

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
        self.inner_optimizer = specification.inner_optimizer.build(specification.steps)
        self.card = _artefact.TeacherCard()

    def batch(self, step: int, seed: int) -> Batch:
        """Return the synthetic images `[B, C, H, W]` and labels of one inner step: `[B]`, or probabilities `[B, K]`."""
        codes, labels = self.curriculum(step, seed)
        made = self.generator(codes, labels)
        return made if isinstance(made, Batch) else Batch(made, labels)

    @torch.no_grad()
    def batches(self, seed: int = 0) -> list[Batch]:
        """Return the whole synthetic sequence, T batches."""
        return [self.batch(step, seed) for step in range(self.steps)]

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
            name: an existing folder, else the name of a teacher that ships with gtn-core, else a Hub id (has a `/`).
            revision: of the Hub repository: a branch, tag or commit.

        Raises:
            TeacherError: nothing of that name, or the folder is incomplete, damaged, or of another format version.
        """
        return _artefact.load(_artefact.locate(name, revision))

    def push_to_hub(self, repository: str, *, private: bool = False) -> str:
        """Upload the teacher to the Hub and return its address; needs a login with write access."""
        return _artefact.push(self, repository, private)
