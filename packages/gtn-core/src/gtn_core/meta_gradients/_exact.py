"""The exact meta-gradient: the whole unroll, differentiated by the reverse sweep of `gtn_core.unroll`."""

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

from gtn_core.typing import MemoryMode, MetaBatches
from gtn_core.unroll import MetaGradient, Unroll


@dataclass(frozen=True)
class ExactMetaGradient:
    """No bias, and no variance beyond that of learner and real batches.

    Args:
        memory: `recompute` holds one inner step's graph at a time, `store` holds all T and is faster; an amount (a
            number of bytes, or a text such as `2GiB`) holds as many as fit.
    """

    memory: MemoryMode | str = "recompute"

    def __call__(self, unroll: Unroll, meta_parameters: Sequence[Tensor], meta_batches: MetaBatches) -> MetaGradient:
        """Return meta-loss and gradient of one unroll."""
        return unroll.meta_gradient(meta_parameters, meta_batches, self.memory)
