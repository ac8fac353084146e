"""The networks of the NAO search space: a stem, three stages of cells with a reduction cell between them, and logits.

Source: Luo et al., "Neural architecture optimization" (2018), section 4; Such et al. (2020), section 3.4.
"""

from torch import Tensor, nn

from gtn_core.errors import ConfigurationError, LearnerError
from gtn_core.seeding import seeded_by
from gtn_learners._seeds import Seed, stream
from gtn_learners._sizes import check_counts
from gtn_learners._variants import Variant, VariantName, find_variant
from gtn_learners.nao._auxiliary import SMALLEST_SIDE, auxiliary_head
from gtn_learners.nao._cell import Cell, Maps
from gtn_learners.nao._genotype import Genotype
from gtn_learners.nao._operations import DropPath

STEM = 3
"""Times as many channels as the nodes of the first cells."""


class Network(nn.Module):
    """A stack of cells, each of which reads the two before it. Called, it returns logits alone.

    Made by `build_network`, whose arguments it takes.
    """

    def __init__(
        self,
        genotype: Genotype,
        cells: int,
        filters: int,
        classes: int,
        in_channels: int,
        variant: Variant,
        auxiliary: bool,
        dropout: float,
    ) -> None:
        super().__init__()
        self.variant = variant
        self.last_reduction = 2 * cells + 1
        stem = STEM * filters
        self.stem = nn.Sequential(variant.convolution(in_channels, stem, (3, 3)), nn.BatchNorm2d(stem))
        older = newer = middle = Maps(stem, halvings=0)
        self.cells = nn.ModuleList()
        for index in range(3 * cells + 2):
            reduction = index in (cells, self.last_reduction)
            numbers = genotype.reduction if reduction else genotype.normal
            width = filters << newer.halvings + reduction
            cell = Cell(numbers, older, newer, channels=width, reduction=reduction, variant=variant)
            self.cells.append(cell)
            older, newer = newer, cell.output
            if index == self.last_reduction:
                middle = newer
        self.head = nn.Sequential(
            *([variant.activation()] if variant.name == "gtn" else []),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Dropout(dropout),
            variant.weighted(nn.Linear(newer.channels, classes)),
        )
        # Drawn last, so that the rest is the same with and without it.
        self.auxiliary = auxiliary_head(middle.channels, classes, variant) if auxiliary else None
        self._drop_path_probability = 0.0

    @property
    def drop_path_probability(self) -> float:
        """Of the last cell; a cell's own is smaller in proportion to its place. Set it before each step of a schedule.

        While training, each operation's result but an identity's is left out with it, example by example. 0 at first.

        Raises:
            ConfigurationError: set to a number below 0 or to 1 and more, or set in the variant for GTN.
        """
        return self._drop_path_probability

    @drop_path_probability.setter
    def drop_path_probability(self, probability: float) -> None:
        _check_regularisation(self.variant, drop_path_probability=probability)
        self._drop_path_probability = probability
        drop_paths = [module for module in self.modules() if isinstance(module, DropPath)]
        for place, drop_path in enumerate(drop_paths, start=1):
            drop_path.probability = probability * place / len(drop_paths)

    def forward(self, images: Tensor) -> Tensor:
        """Map `[B, in_channels, H, W]` to logits `[B, classes]`."""
        logits: Tensor = self.head(self._maps(images)[0])
        return logits

    def logits_and_auxiliary(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Return the logits and those of the auxiliary head, whose loss the search space's papers weigh by 0.4.

        Raises:
            ConfigurationError: the network has no auxiliary head.
            LearnerError: images with a side below 21.
        """
        if self.auxiliary is None:
            raise ConfigurationError("this network has no auxiliary head; build it with auxiliary=True")
        last, middle = self._maps(images)
        if min(middle.shape[2:]) < SMALLEST_SIDE:
            raise LearnerError(f"an auxiliary head needs images of at least 21 x 21; got {list(images.shape)}")
        return self.head(last), self.auxiliary(middle)

    def _maps(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Return the output of the last cell and of the last reduction cell."""
        older = newer = middle = self.stem(images)
        for index, cell in enumerate(self.cells):
            older, newer = newer, cell(older, newer)
            if index == self.last_reduction:
                middle = newer
        return newer, middle


def build_network(
    genotype: Genotype | str,
    *,
    cells: int,
    filters: int,
    classes: int,
    in_channels: int = 3,
    variant: VariantName = "standard",
    auxiliary: bool = False,
    dropout: float = 0.0,
    seed: Seed = 0,
) -> Network:
    """Build a network: a stem, N normal cells, a reduction cell, N normal, a reduction cell, N normal, logits.

    For CIFAR-10 the papers search with N = 3, F = 32 and train what they found with N = 6, F = 36.

    Args:
        genotype: or its printed form.
        cells: N, normal cells in each of the three stages.
        filters: F, channels of every node of the first stage; the others have twice and four times as many.
        classes: number of logits.
        in_channels: of the images, which may have any sides from 1 on.
        variant: `standard` as the papers train it on real data, or `gtn` for GTN evaluation: weight-normalised,
            LeakyReLU 0.1, also before the pooling; no auxiliary head, dropout or drop-path.
        auxiliary: whether to add the auxiliary head, for `Network.logits_and_auxiliary`.
        dropout: probability, before the last layer.
        seed: of the initial values (Kaiming-normal): a number, or a `torch.Generator` to go on with.

    Raises:
        ConfigurationError: what is given is no genotype, or the variant for GTN is to have what it has not.
        UnknownNameError: a variant that does not exist.
        LearnerError: a number below 1.

    Example:
        >>> from gtn_learners.nao import random_genotype
        >>> network = build_network(random_genotype(seed=0), cells=1, filters=4, classes=10)
        >>> import torch
        >>> network(torch.zeros(2, 3, 32, 32)).shape
        torch.Size([2, 10])
    """
    if isinstance(genotype, str):
        genotype = Genotype.parse(genotype)
    made_of = find_variant(variant)
    check_counts(cells=cells, filters=filters, classes=classes, in_channels=in_channels)
    _check_regularisation(made_of, dropout=dropout, auxiliary=auxiliary)
    with seeded_by(stream(seed, "initial values")):
        return Network(genotype, cells, filters, classes, in_channels, made_of, auxiliary, dropout)


def _check_regularisation(variant: Variant, **given: float) -> None:
    for name, value in given.items():
        if not isinstance(value, bool) and not 0 <= value < 1:
            raise ConfigurationError(f"{name} must be at least 0 and below 1; got {value}")
        if value and variant.name == "gtn":
            raise ConfigurationError(f"the variant 'gtn' takes no {name}; got {value}. Build the variant 'standard'")
