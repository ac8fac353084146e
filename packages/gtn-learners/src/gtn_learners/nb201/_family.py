"""The family of small NAS-Bench-201 networks."""

from torch import Generator, nn

from gtn_core.typing import ImageShape
from gtn_learners._sizes import check_sizes, draw_widths
from gtn_learners.nb201._genotype import random_genotype
from gtn_learners.nb201._network import build_network

CHANNELS = (4, 8)


def nb201_small(image_shape: ImageShape, classes: int, generator: Generator) -> nn.Module:
    """Draw a NAS-Bench-201 network of one cell a stage and 4-8 channels in the first, in the variant for GTN.

    The genotype is drawn uniformly from those that are connected: of the others no teacher can make anything.
    Operations that nothing reads are left out, so a gradient reaches every parameter. On a CPU, a
    step of the inner loop takes some 6 times as long as one of `mnist-small`.

    Example:
        >>> import torch
        >>> learner = nb201_small((3, 32, 32), 10, torch.Generator().manual_seed(0))
        >>> learner(torch.zeros(2, 3, 32, 32)).shape
        torch.Size([2, 10])
    """
    check_sizes(image_shape, classes)
    (channels,) = draw_widths(generator, CHANNELS)
    genotype = random_genotype(generator)
    while not genotype.connected:
        genotype = random_genotype(generator)
    return build_network(
        genotype.pruned(),
        channels=channels,
        cells=1,
        classes=classes,
        in_channels=image_shape[0],
        variant="gtn",
        seed=generator,
    )
