"""Genotypes as choices: at each place one of a few values. A search strategy has to know no more of a search space."""

from collections.abc import Hashable, Mapping
from typing import Any, Protocol, TypeAlias

from gtn_core.errors import ConfigurationError, UnknownNameError
from gtn_learners import nao, nb201

Choices: TypeAlias = dict[str, tuple[Hashable, ...]]
"""What may be chosen, by the label of each place."""

Sample: TypeAlias = Mapping[str, Any]
"""What is chosen, by the label of each place."""


class Coding(Protocol):
    """How the genotypes of a search space are written as samples, and read."""

    @property
    def choices(self) -> Choices:
        """All places; their labels are no other search space's."""
        ...

    def sample_of(self, genotype: Any) -> dict[str, Any]:
        """Return a genotype as a sample."""
        ...

    def genotype_of(self, sample: Sample) -> Any:
        """Return the genotype of a sample."""
        ...


class NB201Coding:
    """An operation for each of six edges.

    Example:
        >>> coding = NB201Coding()
        >>> coding.choices["edge_0_1"]
        ('none', 'skip_connect', 'nor_conv_1x1', 'nor_conv_3x3', 'avg_pool_3x3')
        >>> genotype = nb201.random_genotype(seed=0)
        >>> coding.genotype_of(coding.sample_of(genotype)) == genotype
        True
    """

    @property
    def choices(self) -> Choices:
        """Operations, by edge."""
        return {f"edge_{source}_{target}": nb201.OPERATIONS for source, target in nb201.EDGES}

    def sample_of(self, genotype: nb201.Genotype) -> dict[str, Any]:
        """Return a genotype as a sample."""
        return dict(zip(self.choices, genotype.operations, strict=True))

    def genotype_of(self, sample: Sample) -> nb201.Genotype:
        """Return the genotype of a sample."""
        return nb201.Genotype(tuple(sample[label] for label in self.choices))


class NAOCoding:
    """Two inputs and two operations for each of five nodes of two cells.

    Example:
        >>> coding = NAOCoding()
        >>> coding.choices["normal_0_input_a"], coding.choices["normal_0_operation_a"][:2]
        ((0, 1), ('identity', 'conv_1x1'))
        >>> genotype = nao.random_genotype(seed=0)
        >>> coding.genotype_of(coding.sample_of(genotype)) == genotype
        True
    """

    @property
    def choices(self) -> Choices:
        """Inputs and operations, by cell and node, in the order of a genotype's numbers."""
        return {
            f"{cell}_{node}_{kind}_{side}": tuple(range(node + 2)) if kind == "input" else nao.OPERATIONS
            for cell in ("normal", "reduction")
            for node in range(5)
            for side in "ab"
            for kind in ("input", "operation")
        }

    def sample_of(self, genotype: nao.Genotype) -> dict[str, Any]:
        """Return a genotype as a sample."""
        numbers = (*genotype.normal, *genotype.reduction)
        return {label: values[number] for (label, values), number in zip(self.choices.items(), numbers, strict=True)}

    def genotype_of(self, sample: Sample) -> nao.Genotype:
        """Return the genotype of a sample."""
        numbers = tuple(values.index(sample[label]) for label, values in self.choices.items())
        half = len(numbers) // 2
        return nao.Genotype(numbers[:half], numbers[half:])


CODINGS: dict[str, Coding] = {"nao": NAOCoding(), "nb201": NB201Coding()}


def find_coding(space: str) -> Coding:
    """Return how the genotypes of a search space are written as samples.

    Raises:
        UnknownNameError: there is no such search space.
    """
    if space not in CODINGS:
        raise UnknownNameError("search space", space, CODINGS)
    return CODINGS[space]


def genotype_of(sample: Sample) -> Any:
    """Return the genotype of a sample of any search space; its labels tell which.

    Raises:
        ConfigurationError: the labels are no search space's, or a value is not among those of its place.

    Example:
        >>> sample = dict.fromkeys(find_coding("nb201").choices, "none")
        >>> print(genotype_of(sample | {"edge_0_3": "nor_conv_3x3"}))
        |none~0|+|none~0|none~1|+|nor_conv_3x3~0|none~1|none~2|
    """
    for coding in CODINGS.values():
        choices = coding.choices
        if choices.keys() == sample.keys():
            for label, values in choices.items():
                if sample[label] not in values:
                    allowed = ", ".join(map(str, values))
                    raise ConfigurationError(f"{label} is {sample[label]!r}, which is not among {allowed}")
            return coding.genotype_of(sample)
    labels = ", ".join(sorted(sample)[:3])
    known = "; ".join(f"{name} has {', '.join(list(coding.choices)[:2])}, ..." for name, coding in CODINGS.items())
    raise ConfigurationError(f"these are not the places of a search space: {labels}, ...; {known}")
