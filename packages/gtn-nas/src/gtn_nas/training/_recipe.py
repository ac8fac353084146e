"""What a recipe says about training a network on real data, whatever its search space."""

from abc import abstractmethod
from math import cos, pi
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError
from torch import Tensor, nn

from gtn_core.data import Augmentation
from gtn_core.recipes import DataSpecification, Decay, Fraction, Positive, Size, Specification
from gtn_core.typing import ImageShape


class Head(NamedTuple):
    """Logits `[B, K]` and the weight of their cross entropy in the loss."""

    logits: Tensor
    weight: float


class TrainingRecipe(Specification):
    """Everything that decides a training but genotype, seed and device; one subclass a search space.

    Attributes:
        name: what it is called.
        description: in one sentence.
        cost: what it costs to follow.
        data: real data.
        train_on: `train`, and the validation images judge every epoch; or `train_and_validation`, and nothing is
            judged before the test images at the end.
        cells: N, in each of the three stages.
        epochs: times through the images, each in another order, leaving out what does not fill a batch.
        batch_size: B.
        learning_rate: at the start; the cosine schedule ends at 0.
        momentum: of SGD.
        nesterov: whether the momentum is Nesterov's.
        weight_decay: of all parameters.
        gradient_clip: largest norm of a gradient; null leaves it as it is.
        augmentation: of training images.
        cutout: side of the square that is cut out of each training image, as a share of the image's side; 0 for none.
        mixed_precision: compute forward passes of training in bfloat16 where it pays, on CUDA.
        checkpoint_every: steps between two checkpoints.
    """

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=100)]
    description: str = ""
    cost: str = "not measured"
    data: DataSpecification
    train_on: Literal["train", "train_and_validation"] = "train"
    cells: Size
    epochs: Size
    batch_size: Annotated[int, Field(strict=True, ge=2, le=65_536)]  # batch norm needs two
    learning_rate: Positive
    momentum: Decay = 0.9
    nesterov: bool = False
    weight_decay: Fraction = 0.0
    gradient_clip: Positive | None = None
    augmentation: Augmentation = "none"
    cutout: Fraction = 0.0
    mixed_precision: bool = True
    checkpoint_every: Size = 100

    @field_validator("nesterov")
    @classmethod
    def _needs_momentum(cls, nesterov: bool, known: ValidationInfo) -> bool:
        if nesterov and not known.data.get("momentum", True):
            raise PydanticCustomError("nesterov", "Nesterov's momentum needs a momentum above 0")
        return nesterov

    def learning_rate_at(self, share: float) -> float:
        """Return the cosine schedule's value when that share of all steps is done."""
        return 0.5 * self.learning_rate * (1 + cos(pi * share))

    @abstractmethod
    def build(self, genotype: Any, image_shape: ImageShape, classes: int, seed: int) -> nn.Module:
        """Return a fresh network for such images."""

    @abstractmethod
    def heads(self, network: nn.Module, images: Tensor) -> tuple[Head, ...]:
        """Return what the network makes of training images, its own logits first."""

    def notice(self, image_shape: ImageShape) -> str | None:
        """Return in a line what such images cannot have of all this; None where they can have everything."""
        return None

    def prepare(self, network: nn.Module, share: float) -> None:
        """Set what changes from step to step; `share` of all steps will be done after this one."""

    def plain(self, network: nn.Module) -> nn.Module:
        """Return the network without what only training needs."""
        return network

    def sizes(self) -> dict[str, int]:
        """Return the sizes of the network, as `build_network` takes them."""
        return {
            name: getattr(self, name) for name in ("cells", "channels", "filters") if name in type(self).model_fields
        }
