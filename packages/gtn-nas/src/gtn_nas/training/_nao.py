"""How networks of the NAO search space are trained: with an auxiliary head, dropout and scheduled drop-path.

Source: Luo et al., "Neural architecture optimization" (2018), section 5.1 and the authors' code.
"""

from torch import Tensor, nn

from gtn_core.recipes import Decay, Fraction, Size
from gtn_core.typing import ImageShape
from gtn_learners import nao
from gtn_nas.training._recipe import Head, TrainingRecipe

SMALLEST_SIDE = 21
"""Of images that an auxiliary head can stand on; see `gtn_learners.nao.Network.logits_and_auxiliary`."""


class NAORecipe(TrainingRecipe):
    """A recipe for the NAO search space.

    Attributes:
        filters: F, of every node of the first stage.
        dropout: probability, before the last layer.
        drop_path: probability in the last cell at the last step; grows from 0 over cells and over steps.
        auxiliary: weight of the auxiliary head's loss; 0 for no such head. Images with a side below 21 have none.
    """

    filters: Size
    dropout: Decay = 0.0
    drop_path: Decay = 0.0
    auxiliary: Fraction = 0.0

    def build(self, genotype: nao.Genotype, image_shape: ImageShape, classes: int, seed: int) -> nao.Network:
        """Return a fresh network for such images."""
        return nao.build_network(
            genotype,
            cells=self.cells,
            filters=self.filters,
            classes=classes,
            in_channels=image_shape[0],
            auxiliary=self.auxiliary > 0 and not self.notice(image_shape),
            dropout=self.dropout,
            seed=seed,
        )

    def notice(self, image_shape: ImageShape) -> str | None:
        """Say where images are too small for an auxiliary head."""
        _, height, width = image_shape
        if not self.auxiliary or min(height, width) >= SMALLEST_SIDE:
            return None
        return (
            f"images of {height} x {width} are too small for an auxiliary head, which takes {SMALLEST_SIDE} x "
            f"{SMALLEST_SIDE}: training goes without"
        )

    def heads(self, network: nn.Module, images: Tensor) -> tuple[Head, ...]:
        """Return the logits, and the auxiliary head's where there is one."""
        assert isinstance(network, nao.Network)
        if network.auxiliary is None:
            return (Head(network(images), 1.0),)
        logits, auxiliary = network.logits_and_auxiliary(images)
        return Head(logits, 1.0), Head(auxiliary, self.auxiliary)

    def prepare(self, network: nn.Module, share: float) -> None:
        """Set the drop-path probability."""
        assert isinstance(network, nao.Network)
        network.drop_path_probability = self.drop_path * share

    def plain(self, network: nn.Module) -> nn.Module:
        """Take the auxiliary head off."""
        assert isinstance(network, nao.Network)
        network.auxiliary = None
        return network
