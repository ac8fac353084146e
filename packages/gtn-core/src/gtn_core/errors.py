"""Every error a user of GTN can meet, in one place.

Each message is one clear line: what came, what is allowed, what to do next. The commands print it and exit with 1.
"""

from collections.abc import Iterable
from difflib import get_close_matches

LONGEST_NAME = 200
LONGEST_LIST = 2000
"""Of an unknown name, in a message."""


class GTNError(Exception):
    """Base of all errors raised on purpose by the gtn packages."""


class ConfigurationError(GTNError):
    """A recipe, option or argument has a value that cannot work."""


class DataError(GTNError):
    """Real data is missing, damaged, or not what image classification needs."""


class LearnerError(GTNError):
    """A learner cannot be taught: nothing to train, wrong output shape, not yet initialised."""


class TeacherError(GTNError):
    """A teacher folder is missing, incomplete, damaged, or does not fit the task."""


class RunError(GTNError):
    """A run directory cannot be used as asked."""


class RankError(GTNError):
    """One of the processes that share a meta-training has ended, or cannot be reached."""


class DivergenceError(GTNError):
    """Meta-training met too many non-finite meta-gradients in a row."""


class UnknownNameError(ConfigurationError):
    """A name that is not in the table it was looked up in.

    Example:
        >>> raise UnknownNameError("curriculum", "ful", ["full", "none"])
        Traceback (most recent call last):
        ...
        gtn_core.errors.UnknownNameError: unknown curriculum 'ful'; did you mean 'full'? Allowed: full, none
    """

    def __init__(self, kind: str, name: str, allowed: Iterable[str], hint: str = "") -> None:
        choices = sorted(map(_printable, allowed))
        asked = name if len(name) <= LONGEST_NAME else f"{name[:LONGEST_NAME]}..."  # it may come from anybody's file
        nearest = get_close_matches(asked, choices, n=1, cutoff=0.5)
        guess = f"did you mean {nearest[0]!r}? " if nearest else ""
        listed = ", ".join(choices) if choices else "none"
        listed = listed if len(listed) <= LONGEST_LIST else f"{listed[:LONGEST_LIST]}..."
        super().__init__(f"unknown {kind} {asked!r}; {guess}Allowed: {listed}{'. ' + hint if hint else ''}")


def _printable(name: str) -> str:
    """Names from a file may hold line breaks, which would make two lines of one."""
    return name if name.isprintable() else repr(name)[1:-1]
