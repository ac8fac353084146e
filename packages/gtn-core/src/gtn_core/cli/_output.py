"""What the commands show: a progress bar on a terminal and plain lines elsewhere, tables, and JSON."""

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from time import monotonic
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar
from rich.table import Table

from gtn_core.runs import Progress

LINE_EVERY_SECONDS = 10.0


@contextmanager
def shown_progress(json_wanted: bool) -> Iterator[Progress]:
    """Yield a progress display; with JSON wanted on standard output it goes to standard error."""
    console = Console(stderr=json_wanted)
    if not console.is_terminal:
        yield PlainProgress(console)
        return
    with Bar(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[figures]}"),
        console=console,
    ) as bar:
        yield TerminalProgress(bar)


class TerminalProgress:
    """A bar a phase, with the latest figures beside it."""

    def __init__(self, bar: Bar) -> None:
        self._bar = bar
        self._task: TaskID | None = None
        self._figures: dict[str, float] = {}

    def start(self, description: str, total: int, done: int = 0) -> None:
        """Add a bar."""
        self._figures = {}
        self._task = self._bar.add_task(description, total=total, completed=done, figures="")

    def advance(self, **figures: float) -> None:
        """Move the bar by one."""
        assert self._task is not None
        self._figures |= figures
        self._bar.update(self._task, advance=1, figures=_text(self._figures))

    def note(self, text: str) -> None:
        """Print a line above the bars."""
        self._bar.console.print(text, markup=False)


class PlainProgress:
    """A line every ten seconds, and one at the end of each phase."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._description, self._total, self._done = "", 0, 0
        self._figures: dict[str, float] = {}
        self._last = monotonic()

    def start(self, description: str, total: int, done: int = 0) -> None:
        """Begin a phase."""
        self._description, self._total, self._done, self._figures = description, total, done, {}

    def advance(self, **figures: float) -> None:
        """Count one unit, and say so now and then."""
        self._done += 1
        self._figures |= figures
        if self._done == self._total or monotonic() - self._last > LINE_EVERY_SECONDS:
            self._last = monotonic()
            self.note(f"{self._description} {self._done}/{self._total}  {_text(self._figures)}")

    def note(self, text: str) -> None:
        """Print a line."""
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)


def print_json(content: dict[str, Any]) -> None:
    """Print one JSON object to standard output."""
    print(json.dumps(content))


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table to standard output."""
    table = Table()
    for index, column in enumerate(columns):
        table.add_column(column, justify="left" if index == 0 else "right", overflow="fold")
    for row in rows:
        table.add_row(*row)
    console = Console(file=sys.stdout)
    console.print(title, markup=False, highlight=False, soft_wrap=True)  # a table's own title breaks at its width
    console.print(table)


def percent(value: float) -> str:
    """Return an accuracy the way tables show it.

    Example:
        >>> percent(0.9253)
        '92.5 %'
    """
    return f"{100 * value:.1f} %"


def accuracy_row(name: str, accuracy: dict[str, Any]) -> list[str]:
    """Return one arm's row: name, mean, 95 % interval."""
    return [name, percent(accuracy["mean"]), f"{100 * accuracy['low']:.1f} to {percent(accuracy['high'])}"]


def _text(figures: dict[str, float]) -> str:
    shown = {name: value for name, value in figures.items() if not name.endswith(("_low", "_high", "_rate", "_norm"))}
    return "  ".join(f"{name.replace('_', ' ')} {value:.3f}" for name, value in shown.items())
