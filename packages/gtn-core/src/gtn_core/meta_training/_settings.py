"""What a recipe can say about the outer loop."""

from math import cos, pi
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from gtn_core._graph_memory import ALLOWED, parse_memory
from gtn_core._specification import Decay, Fraction, Positive, Size, Specification
from gtn_core.data import Augmentation
from gtn_core.errors import ConfigurationError
from gtn_core.meta_gradients import (
    EvolutionStrategies,
    ExactMetaGradient,
    InverseVarianceMix,
    MetaGradientEstimator,
    PersistentEvolutionStrategies,
    RandomWindowMetaGradient,
    TruncatedMetaGradient,
)
from gtn_core.typing import MemoryMode


def _memory(value: Any) -> MemoryMode:
    try:
        return parse_memory(value)
    except ConfigurationError as error:
        raise PydanticCustomError("memory", "Input should be {expected}", {"expected": ALLOWED}) from error


class ExactEstimator(Specification):
    """The whole unroll, differentiated; see `gtn_core.meta_gradients.ExactMetaGradient`."""

    kind: Literal["exact"] = "exact"

    def build(self, memory: MemoryMode) -> MetaGradientEstimator:
        """Return the estimator."""
        return ExactMetaGradient(memory)


class WindowEstimator(Specification):
    """A window of the unroll, the last steps or random ones; see `gtn_core.meta_gradients`."""

    kind: Literal["truncated", "random_window"]
    window: Size

    def build(self, memory: MemoryMode) -> MetaGradientEstimator:
        """Return the estimator."""
        estimator = TruncatedMetaGradient if self.kind == "truncated" else RandomWindowMetaGradient
        return estimator(self.window, memory)


class EvolutionEstimator(Specification):
    """Evolution strategies, alone or mixed with backpropagation; see `gtn_core.meta_gradients`."""

    kind: Literal["evolution_strategies", "inverse_variance_mix"]
    pairs: Annotated[int, Field(strict=True, ge=2, le=65_536)] = 8
    sigma: Positive = 0.01

    def build(self, memory: MemoryMode) -> MetaGradientEstimator:
        """Return the estimator."""
        if self.kind == "evolution_strategies":
            return EvolutionStrategies(self.pairs, self.sigma)
        return InverseVarianceMix(self.pairs, self.sigma, memory)


class PersistentEvolutionEstimator(Specification):
    """Evolution strategies with fresh noise every few steps; see `gtn_core.meta_gradients`."""

    kind: Literal["persistent_evolution_strategies"]
    window: Size
    pairs: Size = 8
    sigma: Positive = 0.01

    def build(self, memory: MemoryMode) -> MetaGradientEstimator:
        """Return the estimator."""
        return PersistentEvolutionStrategies(self.window, self.pairs, self.sigma)


AnyEstimator: TypeAlias = ExactEstimator | WindowEstimator | EvolutionEstimator | PersistentEvolutionEstimator


class KeptStatesSpecification(Specification):
    """Which of a learner's states the forward pass keeps, and where; see `gtn_core.unroll`.

    Attributes:
        every: k, of every k-th.
        offload: in the host's pinned memory; without effect on a CPU.
    """

    every: Size = 1
    offload: bool = False


class OuterLoop(Specification):
    """Settings of the outer loop.

    Attributes:
        steps: outer steps.
        learning_rate: of the outer Adam at the start; the cosine schedule ends at `final_learning_rate` times it.
        betas: of the outer Adam.
        eps: of the outer Adam.
        final_learning_rate: share of the learning rate that is left at the end.
        averaging: decay of the moving average of the parameters that is validated and kept in the end; 0 keeps the
            parameters of the last step.
        gradient_clip: largest norm of the meta-gradient; null leaves it as it is.
        rollback_factor: a meta-gradient that is not finite, or a thousand times as long as the longest of late, is
            never followed. Given this, meta-training then also goes back to its last checkpoint, with this share of the
            learning rate from there on; null leaves all as it was before that step.
        real_batch: real images a meta-loss is taken on.
        augmentation: of those images.
        learners: learners an outer step, whose meta-gradients are averaged; all ranks together, at least one each.
        intermediate_every: every how many inner steps the learner is judged too, each time on a fresh real batch;
            null for the end only.
        estimator: of the meta-gradient.
        memory: `recompute`, `store`, or how much to store, such as `2GiB`; see `gtn_core.unroll`.
        states: which of a learner's states are kept, and where; null for all, where the learner is.
        precision: of the learner's passes on synthetic data: `bfloat16`, or null for that of all else. Teachers are
            measured without it.
        validate_every: outer steps between two validations.
        validation_learners: fresh learners a validation.
        checkpoint_every: outer steps between two checkpoints.
    """

    steps: Annotated[int, Field(strict=True, ge=1, le=10_000_000)]
    learning_rate: Positive = 0.01
    betas: tuple[Decay, Decay] = (0.9, 0.999)
    eps: Positive = 1e-8
    final_learning_rate: Fraction = 0.1
    averaging: Decay = 0.0
    gradient_clip: Positive | None = None
    rollback_factor: Annotated[float, Field(gt=0, lt=1)] | None = None
    real_batch: Size = 128
    augmentation: Augmentation = "none"
    learners: Size = 1
    intermediate_every: Size | None = None
    estimator: Annotated[AnyEstimator, Field(discriminator="kind")] = ExactEstimator()
    memory: Annotated[MemoryMode, BeforeValidator(_memory)] = "recompute"
    # Null and not their defaults: what is null is the same run to a version that does not know of it.
    states: KeptStatesSpecification | None = None
    precision: Literal["bfloat16"] | None = None
    validate_every: Size = 50
    validation_learners: Size = 4
    checkpoint_every: Size = 25

    @field_validator("estimator")
    @classmethod
    def _judges_the_end_alone(cls, estimator: AnyEstimator, known: ValidationInfo) -> AnyEstimator:
        if estimator.kind == "random_window" and known.data.get("intermediate_every") is not None:
            raise PydanticCustomError("estimator", "A random window needs intermediate_every: null")
        return estimator

    def unroll_options(self) -> dict[str, Any]:
        """Return how unrolls are computed, as arguments of `gtn_core.unroll.Unroll`."""
        states = self.states or KeptStatesSpecification()
        return {
            "keep_every": states.every,
            "offload": states.offload,
            "precision": self.precision or "float32",
        }

    def learning_rate_at(self, step: int) -> float:
        """Return the cosine schedule's value at an outer step."""
        remaining = 0.5 * (1 + cos(pi * step / self.steps))
        return self.learning_rate * (self.final_learning_rate + (1 - self.final_learning_rate) * remaining)
