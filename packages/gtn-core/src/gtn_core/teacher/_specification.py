"""What a teacher is made of, as data: the same form in a recipe and in `teacher.json`."""

from math import prod
from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from gtn_core._specification import Decay, Positive, Size, Specification
from gtn_core.curricula import CURRICULA, CodeSequence, Curriculum
from gtn_core.data import Normalization, RealData
from gtn_core.families import WeightedFamily, find_family, plain_weights
from gtn_core.generators import ImageGenerator, LabelledGenerator, PixelGenerator
from gtn_core.inner_optimizers import SGD, Adam
from gtn_core.layers import without_weight_norm
from gtn_core.typing import BatchNormMode, ImageShape

OpenDecay = Annotated[float, Field(gt=0, lt=1)]
HeldOut = Annotated[int, Field(strict=True, ge=1)] | Annotated[float, Field(gt=0, lt=1)]


class GeneratorSpecification(Specification):
    """The paper's generators, of images for labels or of images and labels; see `gtn_core.generators`."""

    kind: Literal["image", "labelled"] = "image"
    code_size: Size = 128
    hidden: Size = 1024
    channels: tuple[Size, Size] = (128, 64)
    weight_norm: bool = True

    def build(self, image_shape: ImageShape, classes: int) -> ImageGenerator | LabelledGenerator:
        """Return the generator with fresh weights from torch's global generator."""
        generator = ImageGenerator if self.kind == "image" else LabelledGenerator
        sizes = {"code_size": self.code_size, "hidden": self.hidden}
        made: ImageGenerator | LabelledGenerator = generator(
            image_shape=image_shape, classes=classes, channels=self.channels, **sizes
        )
        return made if self.weight_norm else without_weight_norm(made)

    def code_size_for(self, image_shape: ImageShape) -> int:
        """Return the size Z of a code."""
        return self.code_size


class PixelsSpecification(Specification):
    """Images as parameters, dataset distillation; see `gtn_core.generators.PixelGenerator`."""

    kind: Literal["pixels"]
    largest: Positive = 2.0

    def build(self, image_shape: ImageShape, classes: int) -> PixelGenerator:
        """Return the generator, which has no weights."""
        return PixelGenerator(image_shape, self.largest)

    def code_size_for(self, image_shape: ImageShape) -> int:
        """Return the size Z of a code: a number for each pixel."""
        return prod(image_shape)


class SGDSpecification(Specification):
    """Inner SGD with momentum; see `gtn_core.inner_optimizers.SGD`."""

    kind: Literal["sgd"] = "sgd"
    learning_rate: Positive = 0.02
    momentum: Decay = 0.5
    per_step: bool = True

    def build(self, steps: int) -> SGD:
        """Return the optimizer at its initial values."""
        return SGD(steps, self.learning_rate, self.momentum, self.per_step)


class AdamSpecification(Specification):
    """Inner Adam; see `gtn_core.inner_optimizers.Adam`."""

    kind: Literal["adam"]
    learning_rate: Positive = 0.001
    betas: tuple[OpenDecay, OpenDecay] = (0.9, 0.999)
    eps: Annotated[float, Field(ge=0, le=1)] = 1e-8
    eps_root: Annotated[float, Field(gt=0, le=1)] = 1e-8
    per_step: bool = True

    def build(self, steps: int) -> Adam:
        """Return the optimizer at its initial values."""
        return Adam(steps, self.learning_rate, self.betas, self.eps, self.eps_root, self.per_step)


AnyGeneratorSpecification = Annotated[GeneratorSpecification | PixelsSpecification, Field(discriminator="kind")]
InnerOptimizerSpecification = Annotated[SGDSpecification | AdamSpecification, Field(discriminator="kind")]


class DataSplits(Specification):
    """How real data become train, validation and test; see `gtn_core.RealData.load`."""

    validation: HeldOut | None = None
    test: HeldOut | None = None
    label_column: str | None = None

    def load(self, source: str, device: str = "cpu", normalization: Normalization | None = None) -> RealData:
        """Return real data with these splits."""
        options = self.model_dump(include=set(DataSplits.model_fields))
        return RealData.load(source, device=device, normalization=normalization, **options)


class LearnerSpecification(Specification):
    """A family that learners are drawn from, how often, the package that holds it, and whether it keeps weight norm."""

    family: Annotated[str, Field(min_length=1, max_length=200)]
    weight: Positive = 1.0
    package: Annotated[str, Field(max_length=200)] | None = None
    weight_norm: bool = True

    def resolve(self) -> WeightedFamily:
        """Return the family itself.

        Raises:
            UnknownNameError: it is not installed.
        """
        family = find_family(self.family, self.package)
        return WeightedFamily(family if self.weight_norm else plain_weights(family), self.weight)


class TeacherSpecification(Specification):
    """Everything that fixes a teacher's shape.

    Attributes:
        steps: T.
        batch: B.
        generator: makes images of codes.
        curriculum: which codes and labels come when; see `gtn_core.curricula`.
        passes: how often a learner meets every code; T / passes batches are kept.
        soft_labels: learn the label of every code too, as probabilities; else it is a class, and fixed.
        inner_optimizer: makes the learner's updates.
        batch_norm: what the learner's batch norm uses on real data.
    """

    steps: Annotated[int, Field(strict=True, ge=1, le=100_000)]
    batch: Annotated[int, Field(strict=True, ge=2, le=65_536)]  # the generator normalises by the batch
    generator: AnyGeneratorSpecification = GeneratorSpecification()
    curriculum: Literal["none", "fixed", "all_shuffled", "shuffled_batches", "full", "closed_loop"] = "full"
    passes: Annotated[int, Field(strict=True, ge=1, le=100_000)] = 1
    soft_labels: bool = False
    inner_optimizer: InnerOptimizerSpecification = SGDSpecification()
    batch_norm: BatchNormMode = "last_synthetic_batch"

    @field_validator("passes")
    @classmethod
    def _go_into_the_steps(cls, passes: int, known: ValidationInfo) -> int:
        if passes > 1 and known.data.get("curriculum") == "none":
            raise PydanticCustomError("passes", "Passes go over codes that are kept, and curriculum none keeps none")
        if (steps := known.data.get("steps")) and steps % passes:
            found = {"passes": passes, "steps": steps}
            raise PydanticCustomError("passes", "{passes} passes do not go into {steps} steps; give a divisor", found)
        return passes

    @field_validator("soft_labels")
    @classmethod
    def _go_with_codes(cls, soft_labels: bool, known: ValidationInfo) -> bool:
        if soft_labels and known.data.get("curriculum") == "none":
            raise PydanticCustomError("soft_labels", "Soft labels go with codes, and curriculum none has none to keep")
        if soft_labels and getattr(known.data.get("generator"), "kind", None) == "labelled":
            raise PydanticCustomError("soft_labels", "The labelled generator makes soft labels itself")
        return soft_labels

    def build_curriculum(self, image_shape: ImageShape, classes: int) -> Curriculum:
        """Return the curriculum with fresh codes from torch's global generator."""
        code_size = self.generator.code_size_for(image_shape)
        sizes = (self.steps, self.batch, code_size, classes)
        made = CURRICULA[self.curriculum]
        return made(*sizes, passes=self.passes) if issubclass(made, CodeSequence) else made(*sizes)
