"""The search space of NAS-Bench-201, at a size of one's own."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Generator, nn

from gtn_core.typing import ImageShape
from gtn_learners import nb201
from gtn_learners.nb201 import Genotype
from gtn_nas.spaces._parsing import parsed
from gtn_nas.spaces._space import REFERENCE_CLASSES, REFERENCE_SHAPE, Cost, VariantName, cost_of


@dataclass(frozen=True)
class NB201Space:
    """Networks of NAS-Bench-201's 15,625 cells.

    The size is that of the networks that are trained; cost is always counted on the benchmark's own, of 16 channels and
    five cells a stage, so that it agrees with the published tables.

    Attributes:
        channels: C, of the first of three stages.
        cells: N, in each stage.
        variant: `gtn` is what a teacher's step sizes were learned for; `standard` is what the benchmark trains.

    Example:
        >>> space = NB201Space(channels=8, cells=1)
        >>> space.cost(space.sample(seed=0))
        Cost(params=587386, flops=83945152)
    """

    channels: int = 8
    cells: int = 1
    variant: VariantName = "gtn"

    name: ClassVar[str] = "nb201"

    @classmethod
    def published(cls) -> "NB201Space":
        """Return the space as it was published."""
        return cls(channels=16, cells=5, variant="standard")

    def parse(self, genotype: Genotype | str) -> Genotype:
        """Return the genotype that a text prints."""
        return parsed(Genotype, genotype, self.name)

    def sample(self, seed: int | Generator = 0) -> Genotype:
        """Draw a genotype uniformly from all 15,625."""
        return nb201.random_genotype(seed)

    def mutate(self, genotype: Genotype, seed: int | Generator = 0) -> Genotype:
        """Return the genotype with another operation on one edge."""
        return nb201.mutate(genotype, seed)

    def build(
        self, genotype: Genotype, image_shape: ImageShape, classes: int, *, seed: int | Generator = 0
    ) -> nn.Module:
        """Return a fresh network."""
        return nb201.build_network(
            genotype,
            channels=self.channels,
            cells=self.cells,
            classes=classes,
            in_channels=image_shape[0],
            variant=self.variant,
            seed=seed,
        )

    def cost(self, genotype: Genotype) -> Cost:
        """Return the published parameters and FLOPs, those of 16 channels and five cells on CIFAR-10."""
        return cost_of(self.published().build(genotype, REFERENCE_SHAPE, REFERENCE_CLASSES))
