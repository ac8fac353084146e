"""Faults at file operations: the process ends, or the system refuses, just before the n-th change to a folder.

Python announces every opening, renaming and removal of a file to audit hooks, whoever asks for it; `os.fsync`, which it
does not announce, is wrapped. So no code under test is touched, and none of its file operations can be missed.
"""

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

WRITING = os.O_WRONLY | os.O_RDWR
CHANGES = {"os.rename", "os.remove", "os.truncate", "os.mkdir", "os.rmdir"}
KILLED = 137
"""The exit code of a process that ends by a fault, as a shell tells of SIGKILL."""


@dataclass(frozen=True)
class Fault:
    """What goes wrong in a folder.

    Attributes:
        at: before which change to a file in it, from 1.
        error: the error that the system gives, such as `errno.ENOSPC`; None ends the process without a word.
        lasting: every later change fails too.
    """

    at: int
    error: int | None = None
    lasting: bool = True


def watch(folder: str, fault: Fault | None, on_change: Callable[[str], None]) -> None:
    """Let this process meet a fault; there is no way back.

    Args:
        folder: changes in it count.
        fault: None for none.
        on_change: called with each change that takes place, `fsync checkpoints/step-00000002.safetensors.partial`.
    """
    inside = os.path.realpath(folder)
    count = 0

    def meet(kind: str, path: Any) -> None:
        nonlocal count
        name = os.path.abspath(os.fsdecode(path)) if isinstance(path, str | bytes | os.PathLike) else ""
        if not f"{name}/".startswith(f"{inside}/"):
            return
        count += 1
        if fault and (count == fault.at or (count > fault.at and fault.lasting)):
            if fault.error is None:
                os._exit(KILLED)
            raise OSError(fault.error, os.strerror(fault.error), name)
        on_change(f"{kind} {os.path.relpath(name, inside)}")

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open" and isinstance(arguments[2], int) and arguments[2] & WRITING:
            meet("open", arguments[0])
        elif event in CHANGES:
            meet(event.removeprefix("os."), arguments[1] if event == "os.rename" else arguments[0])

    bring_to_disk = os.fsync

    def fsync(fd: Any) -> None:
        number = fd if isinstance(fd, int) else fd.fileno()
        meet("fsync", os.readlink(f"/proc/self/fd/{number}"))
        bring_to_disk(fd)

    os.fsync = fsync
    sys.addaudithook(hook)
