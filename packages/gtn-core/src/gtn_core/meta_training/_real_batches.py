"""Real batches that judge a learner, drawn from their seeds whenever they are looked at."""

from collections.abc import Iterator, Mapping

from gtn_core.data import RealData, augment
from gtn_core.meta_training._settings import OuterLoop
from gtn_core.seeding import generator_for
from gtn_core.typing import Batch


class RealBatches(Mapping[int, Batch]):
    """The real batches that judge one unroll, each drawn (and augmented) when it is asked for, always the same.

    Args:
        data: whose training split is drawn from.
        settings: size and augmentation of a batch.
        judged_steps: the inner steps there is a batch for.
        seed: of the draws.
    """

    def __init__(self, data: RealData, settings: OuterLoop, judged_steps: frozenset[int], seed: int) -> None:
        self._data, self._settings, self._judged, self._seed = data, settings, judged_steps, seed

    def __getitem__(self, step: int) -> Batch:
        """Return the batch for the learner's parameters after `step` inner steps."""
        if step not in self._judged:
            raise KeyError(step)
        generator = generator_for(self._seed, "meta batch", step)
        images, labels = self._data.train.batch(self._settings.real_batch, generator)
        normalization = self._data.normalization
        return Batch(augment(images, self._settings.augmentation, generator, normalization=normalization), labels)

    def __contains__(self, step: object) -> bool:
        """Say whether there is a batch, without drawing it."""
        return step in self._judged

    def __iter__(self) -> Iterator[int]:
        """Go through the judged steps in order."""
        return iter(sorted(self._judged))

    def __len__(self) -> int:
        """Return the number of judged steps."""
        return len(self._judged)
