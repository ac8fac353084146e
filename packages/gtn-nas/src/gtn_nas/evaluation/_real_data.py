"""The same evaluation with real batches: a few steps, or epochs of a part of the training images."""

from collections.abc import Callable
from typing import Any

import torch

from gtn_core import RealData
from gtn_core.errors import ConfigurationError
from gtn_core.inner_optimizers import SGD
from gtn_core.seeding import derive_seed, generator_for
from gtn_core.typing import Batch, BatchNormMode
from gtn_nas.evaluation._few_step import FewStepEvaluation, ScoreName, check_counts
from gtn_nas.evaluation._gtn import MOST_IMAGES
from gtn_nas.evaluation._training import Course
from gtn_nas.spaces import Space

USUAL_STEPS = 32


class RealDataEvaluation(FewStepEvaluation):
    """Scores genotypes by what a few steps of SGD on real training images teach them.

    Args:
        data: real data; the training split teaches, the validation split judges.
        space: where genotypes are read and networks built.
        steps: of batches drawn without replacement, anew at every step; 32 where neither steps nor epochs are given.
        epochs: instead of steps: so many times through the images, each time in another order, leaving out what does
            not fill a batch.
        subset: training images to learn from, always the same ones; null for all.
        batch_size: B.
        learning_rate: the same at every step.
        momentum: the same at every step.
        seeds: fresh networks a genotype, whose mean is the score.
        score: `accuracy`, `loss`, `area` or `training_loss`; see `FewStepEvaluation`.
        batch_norm: what batch norm uses when a network is judged: `last_synthetic_batch` is the last real batch here.
        images: validation images to judge by, at most; null for all.
        seed: of initial values and batches.
        on_step: called after every step, for example to stop between two.

    Raises:
        DataError: fewer training images than fill a batch.
        ConfigurationError: steps and epochs are both given, or a number is out of its range.

    Example:
        >>> from gtn_core import RealData
        >>> from gtn_nas import NB201Space, RealDataEvaluation
        >>> space = NB201Space(channels=4, cells=1)
        >>> evaluate = RealDataEvaluation(RealData.load("digits"), space, steps=2, seeds=1)
        >>> evaluate(space.sample(seed=0)).status
        'ok'
    """

    def __init__(
        self,
        data: RealData,
        space: Space[Any],
        *,
        steps: int | None = None,
        epochs: int | None = None,
        subset: int | None = None,
        batch_size: int = 64,
        learning_rate: float = 0.1,
        momentum: float = 0.9,
        seeds: int = 3,
        score: ScoreName = "accuracy",
        batch_norm: BatchNormMode = "running",
        images: int | None = MOST_IMAGES,
        seed: int = 0,
        on_step: Callable[[], None] | None = None,
    ) -> None:
        super().__init__(
            data,
            space,
            seeds=seeds,
            score=score,
            batch_norm=batch_norm,
            images=images,
            seed=seed,
            on_step=on_step,
        )
        if steps is not None and epochs is not None:
            raise ConfigurationError(f"give steps or epochs, not both; got steps={steps} and epochs={epochs}")
        check_counts(steps=steps, epochs=epochs, subset=subset)
        data.require_batch(batch_size)
        self.train = data.train if subset is None else data.train.sample(subset)
        if len(self.train) < batch_size:
            raise ConfigurationError(f"a subset of {len(self.train)} images cannot fill a batch of {batch_size}")
        self.batch_size, self.by_epoch = batch_size, epochs is not None
        self.batches_an_epoch = len(self.train) // batch_size
        self.steps = epochs * self.batches_an_epoch if epochs is not None else steps or USUAL_STEPS
        self.optimizer = SGD(self.steps, learning_rate, momentum, per_step=False)
        self.optimizer.to(self.train.images.device)

    def course(self, index: int) -> Course:
        """Return what the network of a seed goes through."""
        seed = derive_seed(self.seed, "evaluation", index)
        batch = self._batch_of_epoch if self.by_epoch else self._fresh_batch
        return Course(self.steps, lambda step: batch(step, seed), self.optimizer, self.batch_norm, seed)

    def _fresh_batch(self, step: int, seed: int) -> Batch:
        return self.train.batch(self.batch_size, generator_for(seed, "real batch", step))

    def _batch_of_epoch(self, step: int, seed: int) -> Batch:
        epoch, place = divmod(step, self.batches_an_epoch)
        order = torch.randperm(len(self.train), generator=generator_for(seed, "epoch", epoch))
        return self.train.take(order[place * self.batch_size : (place + 1) * self.batch_size])
