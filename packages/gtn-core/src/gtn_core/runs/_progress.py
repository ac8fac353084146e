"""How long work tells of its progress, without knowing what shows it."""

from typing import Protocol


class Progress(Protocol):
    """Shows how far something is; the commands have one for terminals and one for plain output."""

    def start(self, description: str, total: int, done: int = 0) -> None:
        """Begin a phase of `total` units, some of which may be done already."""
        ...

    def advance(self, **figures: float) -> None:
        """One unit is done; the figures are worth showing beside it."""
        ...

    def note(self, text: str) -> None:
        """Say one line that should stay visible."""
        ...


class SilentProgress:
    """Shows nothing."""

    def start(self, description: str, total: int, done: int = 0) -> None:
        """Do nothing."""

    def advance(self, **figures: float) -> None:
        """Do nothing."""

    def note(self, text: str) -> None:
        """Do nothing."""
