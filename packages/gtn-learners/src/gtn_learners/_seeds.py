"""Where a draw starts: a seed, or a generator that goes on."""

from typing import TypeAlias

from torch import Generator

from gtn_core.seeding import generator_for

Seed: TypeAlias = int | Generator


def stream(seed: Seed, name: str) -> Generator:
    """Return the generator given, or the stream of that name of the seed given.

    One seed may thus draw a genotype, its mutation and its initial values without any of them depending on another.
    """
    return seed if isinstance(seed, Generator) else generator_for(seed, name)
