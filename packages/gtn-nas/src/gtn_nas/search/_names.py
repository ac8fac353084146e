"""How a search can choose genotypes, and where it can score them."""

from gtn_core.errors import UnknownNameError

STRATEGIES = ("random", "evolution", "tpe", "nao")
ENGINES = ("sequential", "local")


def check_strategy(name: str) -> None:
    """Raise `UnknownNameError` unless there is such a strategy."""
    if name not in STRATEGIES:
        raise UnknownNameError("strategy", name, STRATEGIES)


def check_engine(name: str) -> None:
    """Raise `UnknownNameError` unless there is such an engine."""
    if name not in ENGINES:
        raise UnknownNameError("engine", name, ENGINES)
