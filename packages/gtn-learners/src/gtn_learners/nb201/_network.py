"""The networks of NAS-Bench-201: a stem, three stages of equal cells, and a linear layer.

Source: Dong and Yang (2020), section 2.1 and figure 1.
"""

from torch import nn

from gtn_core.seeding import seeded_by
from gtn_learners._seeds import Seed, stream
from gtn_learners._sizes import check_counts
from gtn_learners._variants import VariantName, find_variant
from gtn_learners.nb201._cell import Cell, ReductionBlock
from gtn_learners.nb201._genotype import Genotype

STAGES = 3


def build_network(
    genotype: Genotype | str,
    *,
    channels: int,
    cells: int,
    classes: int,
    in_channels: int = 3,
    variant: VariantName = "standard",
    seed: Seed = 0,
) -> nn.Sequential:
    """Build a network: stem; cells; residual block, twice as wide on half the side; cells; the same again; logits.

    The benchmark's own has 16 channels, 5 cells a stage and, for CIFAR-10, 10 classes. Every operation of the genotype
    is built, also where nothing reads it; `Genotype.pruned` leaves those out. A genotype that is not `connected` gives
    the same logits for all images.

    Args:
        genotype: or its printed form.
        channels: C, of the first stage; the others have twice and four times as many.
        cells: N, in each of the three stages.
        classes: number of logits.
        in_channels: of the images, which may have any sides from 1 on.
        variant: `standard` as the benchmark has it, or `gtn` for GTN evaluation: weight-normalised, LeakyReLU 0.1.
        seed: of the initial values (Kaiming-normal): a number, or a `torch.Generator` to go on with.

    Raises:
        ConfigurationError: what is given is not the form of a genotype.
        UnknownNameError: an operation or a variant that does not exist.
        LearnerError: a number below 1.

    Example:
        >>> from gtn_learners.nb201 import random_genotype
        >>> network = build_network(random_genotype(seed=0), channels=8, cells=1, classes=10)
        >>> import torch
        >>> network(torch.zeros(2, 3, 32, 32)).shape
        torch.Size([2, 10])
    """
    if isinstance(genotype, str):
        genotype = Genotype.parse(genotype)
    made_of = find_variant(variant)
    check_counts(channels=channels, cells=cells, classes=classes, in_channels=in_channels)
    with seeded_by(stream(seed, "initial values")):
        layers: list[nn.Module] = [made_of.convolution(in_channels, channels, (3, 3)), nn.BatchNorm2d(channels)]
        for stage in range(STAGES):
            width = channels << stage
            if stage:
                layers.append(ReductionBlock(width // 2, width, made_of))
            layers += [Cell(genotype, width, made_of) for _ in range(cells)]
        return nn.Sequential(
            *layers,
            nn.BatchNorm2d(width),
            made_of.activation(),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            made_of.weighted(nn.Linear(width, classes)),
        )
