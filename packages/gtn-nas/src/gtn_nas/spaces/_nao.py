"""The NAO search space, in which the paper searches, at a size of one's own."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Generator, nn

from gtn_core.typing import ImageShape
from gtn_learners import nao
from gtn_learners.nao import Genotype
from gtn_nas.spaces._parsing import parsed
from gtn_nas.spaces._space import REFERENCE_CLASSES, REFERENCE_SHAPE, Cost, VariantName, cost_of


@dataclass(frozen=True)
class NAOSpace:
    """Networks of the NAO search space: two cells, each of five nodes with two inputs and two of eleven operations.

    The size is that of the networks that are trained; cost is always counted at the papers' size of search, 32 filters
    and three cells a stage, which takes about a second.

    Attributes:
        filters: F, of every node of the first of three stages.
        cells: N, normal cells in each stage.
        variant: `gtn` is what a teacher's step sizes were learned for; `standard` is what the papers train.

    Example:
        >>> space = NAOSpace(filters=8, cells=1)
        >>> genotype = space.sample(seed=0)
        >>> space.parse(str(genotype)) == genotype
        True
    """

    filters: int = 8
    cells: int = 1
    variant: VariantName = "gtn"

    name: ClassVar[str] = "nao"

    @classmethod
    def published(cls) -> "NAOSpace":
        """Return the space at the papers' size of search."""
        return cls(filters=32, cells=3, variant="standard")

    def parse(self, genotype: Genotype | str) -> Genotype:
        """Return the genotype that a text prints."""
        return parsed(Genotype, genotype, self.name)

    def sample(self, seed: int | Generator = 0) -> Genotype:
        """Draw a genotype as the paper does, every input and operation uniformly."""
        return nao.random_genotype(seed)

    def mutate(self, genotype: Genotype, seed: int | Generator = 0) -> Genotype:
        """Return the genotype with another value of one of its 40 numbers."""
        return nao.mutate(genotype, seed)

    def build(
        self, genotype: Genotype, image_shape: ImageShape, classes: int, *, seed: int | Generator = 0
    ) -> nn.Module:
        """Return a fresh network, without auxiliary head, dropout or drop-path."""
        return nao.build_network(
            genotype,
            filters=self.filters,
            cells=self.cells,
            classes=classes,
            in_channels=image_shape[0],
            variant=self.variant,
            seed=seed,
        )

    def cost(self, genotype: Genotype) -> Cost:
        """Return parameters and FLOPs of the papers' search: 32 filters and three cells on CIFAR-10."""
        return cost_of(self.published().build(genotype, REFERENCE_SHAPE, REFERENCE_CLASSES))
