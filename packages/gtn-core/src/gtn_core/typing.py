"""The types that the rest of GTN speaks in. Imports nothing of ours.

Shape legend, used in names throughout: T inner steps, B inner batch, N examples, C channels, H height, W width,
K classes, Z size of a code.
"""

from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple, Protocol, TypeAlias

from torch import Generator, Tensor, nn

Tensors: TypeAlias = dict[str, Tensor]
"""Tensors by name: parameters, buffers, optimizer state, gradients."""

ImageShape: TypeAlias = tuple[int, int, int]
"""Channels, height, width."""

BatchNormMode: TypeAlias = Literal["last_synthetic_batch", "running", "batch"]
"""What batch norm uses when a taught learner meets real data; see `gtn_core.batch_norm`."""

MemoryMode: TypeAlias = Literal["recompute", "store"] | int
"""How the reverse sweep gets each inner step's graph: rebuilt one at a time, all kept, or as many of the last ones kept
as this number of bytes holds."""


Precision: TypeAlias = Literal["float32", "bfloat16"]
"""In which a learner's passes on synthetic data are computed: as everything else is, or in bfloat16 by autocast."""


class Batch(NamedTuple):
    """Images `[B, C, H, W]` and labels: class indices `[B]` or class probabilities `[B, K]`."""

    images: Tensor
    labels: Tensor


BatchFunction: TypeAlias = Callable[[int], Batch]
"""The batch a learner meets at an inner step."""


class ClosedLoop(Protocol):
    """Batches that answer what the learner has shown so far, which a memory holds.

    The memory is part of the inner loop's state, and the meta-gradient flows through it. All three are pure: nothing is
    changed in place, and the same arguments give the same values, since a step may be rebuilt.
    """

    def start(self) -> Tensors:
        """Return the memory before the first inner step, constants."""
        ...

    def batch(self, step: int, memory: Tensors) -> Batch:
        """Return the batch a learner meets at an inner step."""
        ...

    def observe(self, memory: Tensors, batch: Batch, logits: Tensor, loss: Tensor) -> Tensors:
        """Return the memory after the learner answered a batch with logits `[B, K]` and this loss."""
        ...


MetaBatches: TypeAlias = Mapping[int, Batch]
"""Real batches by the inner step t whose parameters theta_t they judge; `steps` itself stands for the final ones."""


class LearnerFamily(Protocol):
    """Draws an architecture and its initialisation; the entry-point group `gtn.learners` names such callables."""

    def __call__(self, image_shape: ImageShape, classes: int, generator: Generator) -> nn.Module:
        """Return a fresh learner that maps images `[B, C, H, W]` to logits `[B, classes]`."""
        ...


class InnerOptimizer(Protocol):
    """A pure optimizer: nothing is changed in place, so an unroll can be differentiated."""

    def init(self, parameters: Tensors) -> Tensors:
        """Return the state before the first step, keyed by role and parameter name."""
        ...

    def update(self, step: int, parameters: Tensors, gradients: Tensors, state: Tensors) -> tuple[Tensors, Tensors]:
        """Return the parameters and the state after inner step `step`."""
        ...
