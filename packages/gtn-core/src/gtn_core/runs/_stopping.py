"""Stopping at Ctrl-C or SIGTERM with everything saved."""

import os
import signal
import threading
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any


class RunStopped(BaseException):
    """A signal asked the work to stop; not an error, so nothing that handles errors swallows it.

    Args:
        number: the signal.
        resumable: whether the work can be resumed.

    Attributes:
        exit_code: what a shell expects after that signal.
    """

    def __init__(self, number: int, *, resumable: bool = True) -> None:
        advice = "; continue with --resume" if resumable else ""
        super().__init__(f"stopped by {signal.Signals(number).name}{advice}")
        self.exit_code = 128 + number


class StopSignal:
    """Notes the first SIGINT or SIGTERM for the work to notice; a second one ends the process at once.

    Use as a context manager. Only the main thread can receive signals; in another one this does nothing.
    """

    def __init__(self) -> None:
        self._received: int | None = None
        self._before: dict[int, Any] = {}

    def __enter__(self) -> "StopSignal":
        in_main_thread = threading.current_thread() is threading.main_thread()
        for number in (signal.SIGINT, signal.SIGTERM) if in_main_thread else ():
            self._before[number] = signal.signal(number, self._receive)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def check(self, save: Callable[[], None] | None = None) -> None:
        """Raise `RunStopped`, after saving, where a signal has come in."""
        if self._received is not None:
            if save:
                save()
            raise RunStopped(self._received)

    def _receive(self, number: int, frame: FrameType | None) -> None:
        if self._received is not None:
            os._exit(128 + number)
        self._received = number
