"""How networks of NAS-Bench-201 are trained: as the benchmark's own, plainly.

Source: Dong and Yang, "NAS-Bench-201: extending the scope of reproducible neural architecture search" (2020), table 1.
"""

from torch import Tensor, nn

from gtn_core.recipes import Size
from gtn_core.typing import ImageShape
from gtn_learners import nb201
from gtn_nas.training._recipe import Head, TrainingRecipe


class NB201Recipe(TrainingRecipe):
    """A recipe for NAS-Bench-201.

    Attributes:
        channels: C, of the first stage.
    """

    channels: Size

    def build(self, genotype: nb201.Genotype, image_shape: ImageShape, classes: int, seed: int) -> nn.Module:
        """Return a fresh network for such images."""
        return nb201.build_network(
            genotype,
            channels=self.channels,
            cells=self.cells,
            classes=classes,
            in_channels=image_shape[0],
            seed=seed,
        )

    def heads(self, network: nn.Module, images: Tensor) -> tuple[Head, ...]:
        """Return the logits."""
        return (Head(network(images), 1.0),)
