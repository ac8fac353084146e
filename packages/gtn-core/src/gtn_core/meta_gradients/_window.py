"""Truncated meta-gradients: the sweep goes back over a window of W steps only.

Truncated: always the last W of the T steps. Random (RaT-BPTT): the unroll ends at a step drawn from W to T, is judged
there, and the window lies before it, so that over many outer steps all inner steps are learnt. Both cost W steps with a
graph and at most T - W without, and both are biased: what a batch does beyond the window goes uncounted.

Source: Feng, Vedantam and Kempe, "Embarrassingly simple dataset distillation" (2024), for the random window.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from gtn_core.errors import ConfigurationError
from gtn_core.seeding import generator_for
from gtn_core.typing import MemoryMode, MetaBatches
from gtn_core.unroll import MetaGradient, Unroll


@dataclass(frozen=True)
class TruncatedMetaGradient:
    """The last `window` inner steps, differentiated; what they start from is taken for a constant.

    Args:
        window: W, at least 1; from T on it is the exact meta-gradient.
        memory: as for `ExactMetaGradient`.

    Raises:
        ConfigurationError: a window below 1.
    """

    window: int
    memory: MemoryMode | str = "recompute"

    def __post_init__(self) -> None:
        """Refuse a window without steps."""
        if self.window < 1:
            raise ConfigurationError(f"a window has at least one step; got {self.window}")

    def __call__(self, unroll: Unroll, meta_parameters: Sequence[Tensor], meta_batches: MetaBatches) -> MetaGradient:
        """Return meta-loss and gradient of one unroll."""
        return unroll.meta_gradient(meta_parameters, meta_batches, self.memory, self.window)


class RandomWindowMetaGradient(TruncatedMetaGradient):
    """The unroll ends at a random step from `window` to T, which the last meta-batch judges; truncated before it.

    The step is drawn from the unroll's seed. Meta-batches of steps after it go unused.
    """

    def __call__(self, unroll: Unroll, meta_parameters: Sequence[Tensor], meta_batches: MetaBatches) -> MetaGradient:
        """Return meta-loss and gradient of one unroll."""
        generator = generator_for(unroll.seed, "random window")
        first = min(self.window, unroll.steps)
        end = int(torch.randint(first, unroll.steps + 1, (), generator=generator))
        judged = {step: meta_batches[step] for step in meta_batches if step < end}
        judged[end] = meta_batches[max(meta_batches)]
        return replace(unroll, steps=end).meta_gradient(meta_parameters, judged, self.memory, self.window)
