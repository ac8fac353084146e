"""Reading genotypes, and saying whose they are when they are another space's."""

from typing import Protocol, Self, TypeVar

from gtn_core.errors import ConfigurationError
from gtn_learners import nao, nb201


class _Printed(Protocol):
    @classmethod
    def parse(cls, text: str) -> Self: ...


PrintedT = TypeVar("PrintedT", bound=_Printed)

KINDS: dict[str, type[_Printed]] = {"nao": nao.Genotype, "nb201": nb201.Genotype}


def parsed(kind: type[PrintedT], genotype: PrintedT | str, space: str) -> PrintedT:
    """Return the genotype that a text prints; one of the right kind comes back as it is.

    Args:
        kind: of the genotypes wanted.
        genotype: or its text.
        space: the name of the search space.

    Raises:
        ConfigurationError: it is none, or another space's, which is then named.
    """
    if isinstance(genotype, kind):
        return genotype
    for name, other in KINDS.items():
        if other is not kind and (isinstance(genotype, other) or _reads(other, genotype)):
            raise ConfigurationError(f"this is a genotype of the search space {name}, not of {space}: {genotype}")
    if not isinstance(genotype, str):
        raise ConfigurationError(f"a genotype of the search space {space}, or its text, is wanted; got {genotype!r}")
    return kind.parse(genotype)


def _reads(kind: type[_Printed], text: object) -> bool:
    try:
        return isinstance(text, str) and bool(kind.parse(text))
    except ConfigurationError:
        return False
