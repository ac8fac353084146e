"""The family of small networks of the NAO search space."""

from torch import Generator, nn

from gtn_core.typing import ImageShape
from gtn_learners._sizes import check_sizes, draw_widths
from gtn_learners.nao._genotype import random_genotype
from gtn_learners.nao._network import build_network

FILTERS = (4, 8)


def nao_small(image_shape: ImageShape, classes: int, generator: Generator) -> nn.Module:
    """Draw a network of the NAO search space: any genotype, one cell a stage, 4-8 filters, in the variant for GTN.

    On a CPU, a step of the inner loop takes some 25 times as long as one of `mnist-small`.

    Example:
        >>> import torch
        >>> learner = nao_small((3, 32, 32), 10, torch.Generator().manual_seed(0))
        >>> learner(torch.zeros(2, 3, 32, 32)).shape
        torch.Size([2, 10])
    """
    check_sizes(image_shape, classes)
    (filters,) = draw_widths(generator, FILTERS)
    return build_network(
        random_genotype(generator),
        cells=1,
        filters=filters,
        classes=classes,
        in_channels=image_shape[0],
        variant="gtn",
        seed=generator,
    )
