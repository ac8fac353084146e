"""GTN evaluation: a fresh network learns from a teacher in a few steps, and is judged on real data.

Source: Such et al., "Generative teaching networks" (2020), section 3.4.
"""

from collections.abc import Callable
from typing import Any

import torch

from gtn_core import RealData, Teacher
from gtn_core.curricula import FixedCurriculum, FullCurriculum
from gtn_core.evaluation import fitted
from gtn_core.seeding import derive_seed
from gtn_core.typing import BatchFunction, BatchNormMode, ClosedLoop
from gtn_nas.evaluation._few_step import FewStepEvaluation, ScoreName, check_counts
from gtn_nas.evaluation._training import Course
from gtn_nas.spaces import Space

SAME_FOR_ALL_SEEDS = (FullCurriculum, FixedCurriculum)
MOST_IMAGES = 1000
"""Of the validation split, so that judging a network costs less than teaching it."""


class GTNEvaluation(FewStepEvaluation):
    """Scores genotypes by what a teacher teaches them.

    The teacher's batches are rendered once, here, and shown to every network: one sequence for all seeds where the
    curriculum is fixed, else one a seed. A closed-loop teacher answers each network anew.

    Args:
        teacher: with its T, step sizes and momenta.
        data: real data of the teacher's form; brought into its normalisation where theirs differs.
        space: where genotypes are read and networks built.
        seeds: fresh networks a genotype, whose mean is the score.
        score: `accuracy`, `loss`, `area` or `training_loss`; see `FewStepEvaluation`.
        batch_norm: what batch norm uses when a network is judged; as recorded with the teacher unless given.
        images: validation images to judge by, at most; null for all.
        steps: how many inner steps, T unless given; those beyond the schedule hold its last values.
        seed: of initial values, and of batches where these are random.
        on_step: called after every step, for example to stop between two.

    Raises:
        TeacherError: the data's images or classes are not those of the teacher.
        UnknownNameError: a score or batch-norm mode that does not exist.
        ConfigurationError: a number below 1, or more steps than the curriculum has.

    Example:
        >>> from gtn_core import RealData, Teacher
        >>> from gtn_nas import GTNEvaluation, NB201Space
        >>> space = NB201Space(channels=4, cells=1)
        >>> evaluate = GTNEvaluation(Teacher.from_pretrained("digits"), RealData.load("digits"), space, seeds=1)
        >>> evaluate("|nor_conv_3x3~0|+|none~0|none~1|+|none~0|skip_connect~1|none~2|").score > 0.5
        True
    """

    def __init__(
        self,
        teacher: Teacher,
        data: RealData,
        space: Space[Any],
        *,
        seeds: int = 3,
        score: ScoreName = "accuracy",
        batch_norm: BatchNormMode | None = None,
        images: int | None = MOST_IMAGES,
        steps: int | None = None,
        seed: int = 0,
        on_step: Callable[[], None] | None = None,
    ) -> None:
        super().__init__(
            fitted(teacher, data),
            space,
            seeds=seeds,
            score=score,
            batch_norm=batch_norm or teacher.batch_norm,
            images=images,
            seed=seed,
            on_step=on_step,
        )
        check_counts(steps=steps)
        self.steps, self.optimizer = steps or teacher.steps, teacher.inner_optimizer
        renderings = 1 if isinstance(teacher.curriculum, SAME_FOR_ALL_SEEDS) else seeds
        self._sources = [_source(teacher, self.steps, self._seed_of(index)) for index in range(renderings)]

    def course(self, index: int) -> Course:
        """Return what the network of a seed goes through."""
        source = self._sources[index % len(self._sources)]
        return Course(self.steps, source, self.optimizer, self.batch_norm, self._seed_of(index))

    def _seed_of(self, index: int) -> int:
        return derive_seed(self.seed, "evaluation", index)


@torch.no_grad()
def _source(teacher: Teacher, steps: int, seed: int) -> BatchFunction | ClosedLoop:
    if teacher.answers_the_learner:
        return teacher.source(seed)
    return [teacher.batch(step, seed) for step in range(steps)].__getitem__
