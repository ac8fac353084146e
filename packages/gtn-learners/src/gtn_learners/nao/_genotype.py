"""The genotypes of the NAO search space: which two inputs and operations each node of two cells has.

Source: Luo et al., "Neural architecture optimization" (2018), section 4, with the eleven operations of Such et al.
(2020), appendix C.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Generator

from gtn_core.errors import ConfigurationError
from gtn_learners._excerpt import excerpt
from gtn_learners._seeds import Seed, stream

OPERATIONS = (
    "identity",
    "conv_1x1",
    "conv_3x3",
    "conv_1x3_3x1",
    "conv_1x7_7x1",
    "max_pool_2x2",
    "max_pool_3x3",
    "max_pool_5x5",
    "avg_pool_2x2",
    "avg_pool_3x3",
    "avg_pool_5x5",
)
"""An operation's number in a genotype is its place here."""

NODES = 5
"""In each cell. States 0 and 1 come from the cell before the last and from the last; node k makes state k + 2."""

NUMBERS = 4 * NODES
"""That describe a cell."""

CHOICES = tuple(choices for node in range(NODES) for choices in (node + 2, len(OPERATIONS)) * 2)
"""How many values each of a cell's numbers may take, from 0 on."""


class Term(NamedTuple):
    """One of the two operations whose results a node adds up, and the state it reads."""

    source: int
    operation: str


@dataclass(frozen=True, order=True)
class Genotype:
    """A normal and a reduction cell; `str` gives their 40 numbers, the normal cell's first.

    Attributes:
        normal: 20 numbers, for each of the five nodes input a, operation a, input b, operation b.
        reduction: the same for the cell that halves the sides.

    Raises:
        ConfigurationError: a cell without 20 numbers, an input that is no earlier state, or an operation beyond the
            eleven.

    Example:
        >>> cell = "0 1 1 2 " * 5
        >>> genotype = Genotype.parse(cell + cell)
        >>> genotype.normal[:8]
        (0, 1, 1, 2, 0, 1, 1, 2)
        >>> str(genotype) == (cell + cell).strip()
        True
    """

    normal: tuple[int, ...]
    reduction: tuple[int, ...]

    def __post_init__(self) -> None:
        for name, numbers in (("normal", self.normal), ("reduction", self.reduction)):
            _check(name, numbers)

    @classmethod
    def parse(cls, text: str) -> "Genotype":
        """Read 40 numbers with white space between them.

        Raises:
            ConfigurationError: something else is given, or a number is out of its range.
        """
        words = text.split()
        if len(words) != 2 * NUMBERS or not all(_NUMBER.fullmatch(word) for word in words):
            raise ConfigurationError(
                f"a NAO genotype is {2 * NUMBERS} numbers with spaces between them, input and operation in turn, the "
                f"normal cell's before the reduction cell's; got {len(words)} words: {excerpt(text)}"
            )
        numbers = tuple(int(word) for word in words)
        return cls(numbers[:NUMBERS], numbers[NUMBERS:])

    def __str__(self) -> str:
        return " ".join(str(number) for number in (*self.normal, *self.reduction))


def terms_of(cell: Sequence[int]) -> list[Term]:
    """Return what a cell's numbers describe: two terms for each node.

    Example:
        >>> terms_of([0, 2, 1, 0] * 5)[:2]
        [Term(source=0, operation='conv_3x3'), Term(source=1, operation='identity')]
    """
    return [Term(source, OPERATIONS[operation]) for source, operation in zip(cell[::2], cell[1::2], strict=True)]


def random_genotype(seed: Seed = 0) -> Genotype:
    """Draw a genotype as the paper does: every input from the earlier states, every operation from all, uniformly.

    Args:
        seed: a number, or a `torch.Generator` to go on with.

    Example:
        >>> random_genotype(seed=0) == random_genotype(seed=0)
        True
    """
    generator = stream(seed, "genotype")
    normal, reduction = (tuple(_draw(choices, generator) for choices in CHOICES) for _ in range(2))
    return Genotype(normal, reduction)


def mutate(genotype: Genotype, seed: Seed = 0) -> Genotype:
    """Give one of the 40 numbers, drawn uniformly, another value of its range, drawn uniformly.

    Args:
        genotype: left as it is.
        seed: a number, or a `torch.Generator` to go on with.
    """
    generator = stream(seed, "mutation")
    numbers = [*genotype.normal, *genotype.reduction]
    place = _draw(2 * NUMBERS, generator)
    choices = CHOICES[place % NUMBERS]
    numbers[place] = (numbers[place] + 1 + _draw(choices - 1, generator)) % choices
    return Genotype(tuple(numbers[:NUMBERS]), tuple(numbers[NUMBERS:]))


_NUMBER = re.compile(r"[0-9]{1,9}")


def _draw(choices: int, generator: Generator) -> int:
    return int(torch.randint(choices, (), generator=generator))


def _check(name: str, numbers: tuple[int, ...]) -> None:
    if len(numbers) != NUMBERS:
        raise ConfigurationError(f"a NAO cell has {NUMBERS} numbers; the {name} cell has {len(numbers)}")
    for place, (number, choices) in enumerate(zip(numbers, CHOICES, strict=True)):
        if not 0 <= number < choices:
            kind = "operation" if place % 2 else "input"
            raise ConfigurationError(
                f"node {place // 4} of the {name} cell: {kind} {'ab'[place % 4 // 2]} must be from 0 to "
                f"{choices - 1}; got {number}"
            )
