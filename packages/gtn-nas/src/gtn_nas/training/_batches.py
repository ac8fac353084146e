"""The batches of a training: every epoch goes through the images in another order, and changes each image anew."""

import torch

from gtn_core.data import Normalization, Split, augment
from gtn_core.seeding import generator_for
from gtn_core.typing import Batch
from gtn_nas.training._cutout import cutout
from gtn_nas.training._recipe import TrainingRecipe


class EpochBatches:
    """The batch of any step, always the same for the same seed, so that a resumed training needs no state of it.

    Args:
        split: the training images.
        normalization: that they are expressed in.
        recipe: says how large batches are and how images are augmented.
        seed: of orders and augmentation.

    Attributes:
        an_epoch: batches an epoch; what does not fill one is left out, each time other images.
    """

    def __init__(self, split: Split, normalization: Normalization, recipe: TrainingRecipe, seed: int) -> None:
        self._split, self._normalization, self._recipe, self._seed = split, normalization, recipe, seed
        self.an_epoch = len(split) // recipe.batch_size
        self._order: tuple[int, torch.Tensor] = (-1, torch.empty(0))

    def __getitem__(self, step: int) -> Batch:
        """Return the batch of a step, augmented."""
        epoch, place = divmod(step, self.an_epoch)
        size = self._recipe.batch_size
        images, labels = self._split.take(self._order_of(epoch)[place * size : (place + 1) * size])
        generator = generator_for(self._seed, "augmentation", step)
        images = augment(images, self._recipe.augmentation, generator, normalization=self._normalization)
        return Batch(cutout(images, self._recipe.cutout, generator), labels)

    def _order_of(self, epoch: int) -> torch.Tensor:
        if self._order[0] != epoch:
            generator = generator_for(self._seed, "epoch", epoch)
            self._order = epoch, torch.randperm(len(self._split), generator=generator)
        return self._order[1]
