"""Metrics of an outer loop: `metrics.jsonl` (what happened), `timings.jsonl` (how long it took), TensorBoard (both)."""

import json
import os
from contextlib import ExitStack, suppress
from pathlib import Path
from time import perf_counter
from types import TracebackType
from typing import Any, TextIO

from gtn_core._files import clear_errors, sync
from gtn_core._sealed_lines import sealed
from gtn_core.runs._reading import check_metrics

METRICS, TIMINGS = "metrics.jsonl", "timings.jsonl"


class MetricsLog:
    """Appends one line an outer step; use as a context manager.

    Metrics hold nothing of the clock, so two runs of the same configuration write the same bytes. Each of their lines
    carries a checksum, by which damage is noticed: here, and whenever they are read.

    Args:
        folder: of the run.
        length: bytes of `metrics.jsonl` that belong to the run so far; what a killed process wrote after its last
            checkpoint is cut off.
        step: the outer step the run goes on from.

    Raises:
        RunError: the metrics are shorter than `length`, or damaged, or cannot be written.
    """

    def __init__(self, folder: Path, length: int = 0, step: int = 0) -> None:
        from torch.utils.tensorboard import SummaryWriter

        self._path = folder / METRICS
        with clear_errors(folder):
            check_metrics(self._path, length)
            self._metrics = self._path.open("ab")
            os.truncate(self._path, length)
            self._timings = (folder / TIMINGS).open("a+")
            _end_torn_line(self._timings)
            self._board = SummaryWriter(str(folder), purge_step=step)
        self._clock = perf_counter()

    def __enter__(self) -> "MetricsLog":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # On a full disk each of them fails again; the first error is the one to tell.
        with suppress(OSError) if error else clear_errors(self._path.parent), ExitStack() as files:
            for file in (self._metrics, self._timings, self._board):
                files.callback(file.close)

    def write(self, step: int, metrics: dict[str, Any]) -> None:
        """Append the metrics of one outer step; numbers also go to TensorBoard."""
        now = perf_counter()
        with clear_errors(self._path.parent):
            self._metrics.write(sealed(json.dumps({"step": step, **metrics}, allow_nan=False)))
            self._timings.write(json.dumps({"step": step, "seconds": round(now - self._clock, 4)}) + "\n")
            for name, value in metrics.items():
                if isinstance(value, int | float):
                    self._board.add_scalar(name, value, step)
        self._clock = now

    def settle(self) -> int:
        """Bring all lines to the disk and return the length of `metrics.jsonl` in bytes."""
        with clear_errors(self._path.parent):
            for file in (self._metrics, self._timings, self._board):
                file.flush()
            sync(self._path)
            sync(self._path.parent)  # the file's name too, lest a checkpoint outlives it
            return self._path.stat().st_size


class NoMetrics:
    """Keeps nothing: what a rank has that does not write."""

    def __enter__(self) -> "NoMetrics":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Do nothing."""

    def write(self, step: int, metrics: dict[str, Any]) -> None:
        """Do nothing."""

    def settle(self) -> int:
        """Return the length of nothing."""
        return 0


def _end_torn_line(file: TextIO) -> None:
    """A killed process may have left half a line; what follows should stand on a line of its own."""
    file.seek(0)
    content = file.read()
    if content and not content.endswith("\n"):
        file.write("\n")
