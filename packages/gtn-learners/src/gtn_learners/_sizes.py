"""Drawing the widths of a learner, and refusing sizes that no network can have."""

import torch
from torch import Generator

from gtn_core.errors import LearnerError
from gtn_core.typing import ImageShape


def draw_widths(generator: Generator, *ranges: tuple[int, int]) -> list[int]:
    """Draw one width from each range, uniformly, both ends included.

    Example:
        >>> draw_widths(torch.Generator().manual_seed(0), (32, 128), (7, 7))
        [89, 7]
    """
    return [int(torch.randint(low, high + 1, (), generator=generator)) for low, high in ranges]


def halved(side: int, times: int) -> int:
    """Return a side after strides or poolings of 2, each of which rounds up.

    Example:
        >>> halved(28, times=2), halved(9, times=2)
        (7, 3)
    """
    return -(-side >> times)


def check_sizes(image_shape: ImageShape, classes: int, *widths: int) -> None:
    """Raise `LearnerError` unless every size is positive."""
    if min(*image_shape, classes, *widths) < 1:
        given = f"image_shape={tuple(image_shape)}, classes={classes}, widths={widths}"
        raise LearnerError(f"a learner needs sizes of at least 1; got {given}")


def check_counts(**counts: int) -> None:
    """Raise `LearnerError` unless every count is positive.

    Example:
        >>> check_counts(channels=16, cells=0)
        Traceback (most recent call last):
        ...
        gtn_core.errors.LearnerError: a network needs counts of at least 1; got channels=16, cells=0
    """
    if min(counts.values()) < 1:
        given = ", ".join(f"{name}={count}" for name, count in counts.items())
        raise LearnerError(f"a network needs counts of at least 1; got {given}")
