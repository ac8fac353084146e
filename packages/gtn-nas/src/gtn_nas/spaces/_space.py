"""What a search space is to everything that scores genotypes: they are read, drawn, changed, built and counted here."""

from typing import Literal, NamedTuple, Protocol, TypeAlias, TypeVar

from torch import Generator, nn

from gtn_core.typing import ImageShape
from gtn_learners import count_flops, count_parameters

VariantName: TypeAlias = Literal["standard", "gtn"]
"""In which networks are built; see `gtn_learners`."""

GenotypeT = TypeVar("GenotypeT")

REFERENCE_SHAPE: ImageShape = (3, 32, 32)
REFERENCE_CLASSES = 10
"""CIFAR-10's, which both search spaces were published with."""


class Cost(NamedTuple):
    """What a network of a genotype costs at the size that its search space was published with.

    Attributes:
        params: trainable parameters.
        flops: operations on one image of CIFAR-10; see `gtn_learners.count_flops`.
    """

    params: int
    flops: int


class Space(Protocol[GenotypeT]):
    """A search space, with the size of the networks that are built in it.

    Genotypes are values: frozen, hashable, and `str` prints what `parse` reads.
    """

    @property
    def name(self) -> str:
        """As the commands call it."""
        ...

    def parse(self, genotype: GenotypeT | str) -> GenotypeT:
        """Return the genotype that a text prints; a genotype of this space comes back as it is.

        Raises:
            ConfigurationError: the text is none, or the genotype is another space's.
        """
        ...

    def sample(self, seed: int | Generator = 0) -> GenotypeT:
        """Draw a genotype uniformly."""
        ...

    def mutate(self, genotype: GenotypeT, seed: int | Generator = 0) -> GenotypeT:
        """Return the genotype with another value in one place."""
        ...

    def build(
        self, genotype: GenotypeT, image_shape: ImageShape, classes: int, *, seed: int | Generator = 0
    ) -> nn.Module:
        """Return a fresh network for such images: logits `[B, classes]`, initial values drawn from the seed."""
        ...

    def cost(self, genotype: GenotypeT) -> Cost:
        """Return what the genotype costs at the published size."""
        ...


def cost_of(network: nn.Module) -> Cost:
    """Return the cost of a network built for CIFAR-10."""
    return Cost(count_parameters(network), count_flops(network, REFERENCE_SHAPE))
