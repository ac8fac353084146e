"""The genotypes of NAS-Bench-201: which operation each of a cell's six edges has.

Source: Dong and Yang, "NAS-Bench-201: extending the scope of reproducible neural architecture search" (2020),
section 2.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import torch

from gtn_core.errors import ConfigurationError, UnknownNameError
from gtn_learners._excerpt import excerpt
from gtn_learners._seeds import Seed, stream

NONE = "none"
OPERATIONS = (NONE, "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")
NODES = 4
"""Node 0 is the cell's input, node 3 its output."""

EDGES = tuple((source, target) for target in range(1, NODES) for source in range(target))
"""From node, to node, in the order in which genotypes are printed."""

FORM = "|op~0|+|op~0|op~1|+|op~0|op~1|op~2|"


@dataclass(frozen=True, order=True)
class Genotype:
    """One of the 15,625 cells of NAS-Bench-201; `str` gives the benchmark's own form of it.

    Attributes:
        operations: six names of `OPERATIONS`, one for each edge of `EDGES`.

    Raises:
        ConfigurationError: not six operations.
        UnknownNameError: an operation that is not in `OPERATIONS`.

    Example:
        >>> genotype = Genotype.parse("|nor_conv_3x3~0|+|none~0|skip_connect~1|+|skip_connect~0|none~1|avg_pool_3x3~2|")
        >>> genotype.operations[0]
        'nor_conv_3x3'
        >>> print(genotype)
        |nor_conv_3x3~0|+|none~0|skip_connect~1|+|skip_connect~0|none~1|avg_pool_3x3~2|
    """

    operations: tuple[str, ...]

    def __post_init__(self) -> None:
        if len(self.operations) != len(EDGES):
            raise ConfigurationError(f"an NB201 genotype has {len(EDGES)} operations; got {len(self.operations)}")
        for operation in self.operations:
            if operation not in OPERATIONS:
                raise UnknownNameError("NB201 operation", operation, OPERATIONS)

    @classmethod
    def parse(cls, text: str) -> "Genotype":
        """Read the benchmark's form.

        Raises:
            ConfigurationError: the text has another form.
            UnknownNameError: an operation that is not in `OPERATIONS`.
        """
        found = _PATTERN.fullmatch(text.strip())
        if not found:
            raise ConfigurationError(f"an NB201 genotype looks like {FORM}; got {excerpt(text)}")
        return cls(found.groups())

    @property
    def connected(self) -> bool:
        """Whether a path of operations other than `none` leads from the cell's input to its output.

        Where none does, the logits are the same for all images: true of 341 of the 15,625 genotypes.
        """
        return any(operation != NONE for operation in self.pruned().operations)

    def pruned(self) -> "Genotype":
        """Return the genotype with `none` on every edge that no path from the cell's input to its output takes.

        It computes the same, but for biases: a convolution of nothing still adds that of its norm, which starts at
        zero.

        Example:
            >>> unread = Genotype.parse("|none~0|+|none~0|nor_conv_1x1~1|+|skip_connect~0|none~1|avg_pool_3x3~2|")
            >>> print(unread.pruned())
            |none~0|+|none~0|none~1|+|skip_connect~0|none~1|none~2|
        """
        edges = [edge for edge, operation in zip(EDGES, self.operations, strict=True) if operation != NONE]
        reached, needed = {0}, {NODES - 1}
        for source, target in edges:  # these come by target: whatever leads to a source has come before
            if source in reached:
                reached.add(target)
        for source, target in reversed(edges):
            if target in needed:
                needed.add(source)
        live = (source in reached and target in needed for source, target in EDGES)
        return Genotype(tuple(name if taken else NONE for name, taken in zip(self.operations, live, strict=True)))

    def __str__(self) -> str:
        operations = iter(self.operations)
        nodes = ("".join(f"{next(operations)}~{source}|" for source in range(target)) for target in range(1, NODES))
        return "+".join(f"|{node}" for node in nodes)


def all_genotypes() -> Iterator[Genotype]:
    """Yield all 15,625 genotypes, each once.

    Example:
        >>> print(next(all_genotypes()))
        |none~0|+|none~0|none~1|+|none~0|none~1|none~2|
    """
    return map(Genotype, product(OPERATIONS, repeat=len(EDGES)))


def random_genotype(seed: Seed = 0) -> Genotype:
    """Draw a genotype uniformly from all 15,625.

    Args:
        seed: a number, or a `torch.Generator` to go on with.

    Example:
        >>> random_genotype(seed=0) == random_genotype(seed=0)
        True
    """
    drawn = torch.randint(len(OPERATIONS), (len(EDGES),), generator=stream(seed, "genotype"))
    return Genotype(tuple(OPERATIONS[index] for index in drawn))


def mutate(genotype: Genotype, seed: Seed = 0) -> Genotype:
    """Give one edge, drawn uniformly, another operation, drawn uniformly.

    Args:
        genotype: left as it is.
        seed: a number, or a `torch.Generator` to go on with.
    """
    generator = stream(seed, "mutation")
    edge = int(torch.randint(len(EDGES), (), generator=generator))
    others = [operation for operation in OPERATIONS if operation != genotype.operations[edge]]
    chosen = others[int(torch.randint(len(others), (), generator=generator))]
    return Genotype((*genotype.operations[:edge], chosen, *genotype.operations[edge + 1 :]))


_PATTERN = re.compile(re.escape(FORM).replace("op", r"([^|~+]*)"))
