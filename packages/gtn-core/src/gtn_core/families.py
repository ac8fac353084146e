"""Learner families by name.

A family is a callable `family(image_shape, classes, generator) -> nn.Module`. Packages name theirs in the entry-point
group `gtn.learners`, so a recipe can mix families of several packages. gtn-core holds one, so that it works alone.
"""

from collections.abc import Sequence
from importlib.metadata import entry_points
from typing import NamedTuple

import torch
from torch import Generator, nn

from gtn_core.errors import LearnerError, UnknownNameError
from gtn_core.layers import convolution_block, weight_normalised, without_weight_norm
from gtn_core.seeding import seeded_by
from gtn_core.typing import ImageShape, LearnerFamily

GROUP = "gtn.learners"
MORE_FAMILIES = "Other packages bring more: gtn-learners has the paper's"


class WeightedFamily(NamedTuple):
    """A family and how often it is drawn, relative to the others beside it."""

    family: LearnerFamily
    weight: float = 1.0


def family_names() -> list[str]:
    """Return the names of all installed families, sorted."""
    return sorted({entry.name for entry in entry_points(group=GROUP)})


def find_family(name: str, package: str | None = None) -> LearnerFamily:
    """Return the family of that name.

    Args:
        name: as `family_names` lists it.
        package: the distribution that is known to hold it, to name in the error.

    Raises:
        UnknownNameError: no installed package has it.
        LearnerError: its package does not import.

    Example:
        >>> network = find_family("digits-convnet")((1, 8, 8), 10, torch.Generator().manual_seed(0))
    """
    found = [entry for entry in entry_points(group=GROUP) if entry.name == name]
    if not found:
        hint = f"It comes with {package}: pip install {package}" if package else MORE_FAMILIES
        raise UnknownNameError("learner family", name, family_names(), hint)
    try:
        family: LearnerFamily = found[0].load()
    except (ImportError, AttributeError) as error:
        raise LearnerError(f"learner family {name!r} ({found[0].value}) does not load: {error}") from error
    return family


def plain_weights(family: LearnerFamily) -> LearnerFamily:
    """Return the family without weight normalisation: the same learners, the same initial weights."""

    def drawn(image_shape: ImageShape, classes: int, generator: Generator) -> nn.Module:
        return without_weight_norm(family(image_shape, classes, generator))

    return drawn


def draw_learner(
    families: Sequence[WeightedFamily], image_shape: ImageShape, classes: int, generator: Generator
) -> nn.Module:
    """Draw a family by weight, then a learner from it."""
    weights = torch.tensor([member.weight for member in families])
    chosen = int(torch.multinomial(weights, 1, generator=generator))
    return families[chosen].family(image_shape, classes, generator)


def digits_convnet(image_shape: ImageShape, classes: int, generator: Generator) -> nn.Module:
    """Two 3x3 convolutions (the second strided) and a linear layer, for small images; 8-16 and 16-32 channels.

    Weight-normalised, mean-only batch norm, LeakyReLU 0.1, like the paper's learners.
    """
    first = int(torch.randint(8, 17, (), generator=generator))
    second = int(torch.randint(16, 33, (), generator=generator))
    depth, height, width = image_shape
    features = second * ((height + 1) // 2) * ((width + 1) // 2)
    with seeded_by(generator):
        return nn.Sequential(
            convolution_block(depth, first),
            convolution_block(first, second, stride=2),
            nn.Flatten(),
            weight_normalised(nn.Linear(features, classes)),
        )
