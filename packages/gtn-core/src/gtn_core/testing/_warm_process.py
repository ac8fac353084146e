"""A command that starts at once: each time in a forked copy of one process that has imported everything before.

Importing torch takes seconds and a tiny run less than one, so a test that starts a command thirty times would do little
but import. For systems that can fork.
"""

import json
import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any, Self

import torch
from torch.utils.tensorboard import SummaryWriter

from gtn_core.testing._error import ContractError
from gtn_core.testing._faults import Fault, watch

SERVE = "from gtn_core.testing._warm_process import serve; serve(main)"
LONGEST_SECONDS = 600.0
LOOK_EVERY_SECONDS = 0.005


@dataclass(frozen=True)
class Ended:
    """How a command ended.

    Attributes:
        code: exit code, or minus the signal that killed it.
        out: its standard output.
        err: its standard error.
        seconds: that it took.
        changes: to files in the watched folder, in order.
    """

    code: int
    out: str
    err: str
    seconds: float
    changes: list[str]


class WarmProcess:
    """Runs a command time after time, one at a time; use as a context manager.

    Args:
        setup: Python source that imports all that the command needs and leaves its function as `main`. It must not
            differentiate anything: autograd's threads do not survive a fork.
        program: what the command line begins with.

    Example:
        >>> with WarmProcess("import sys; main = lambda: print(sys.argv)", "greet") as warm:
        ...     warm.run(["hello"]).out.strip()
        "['greet', 'hello']"
    """

    def __init__(self, setup: str, program: str) -> None:
        self._setup, self._program = setup, program

    def __enter__(self) -> Self:
        self._scratch = TemporaryDirectory()
        self._server = subprocess.Popen(
            [sys.executable, "-c", f"{self._setup}\n{SERVE}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )
        self._tell({"program": self._program})
        self._heard()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server.stdin
        assert self._server.stdout
        self._server.stdin.close()
        self._server.wait()
        self._server.stdout.close()
        self._scratch.cleanup()

    def run(
        self,
        words: Sequence[str],
        *,
        folder: Path | None = None,
        fault: Fault | None = None,
        during: Callable[[int], None] = lambda pid: None,
    ) -> Ended:
        """Run the command to its end.

        Args:
            words: of the command line.
            folder: changes to files in it are noted.
            fault: what goes wrong there.
            during: called with the number of the process once it has begun; may send it signals.
        """
        begun = time.monotonic()
        scratch = Path(self._scratch.name)
        order = {"words": list(words), "scratch": str(scratch), "folder": folder and str(folder.absolute())}
        self._tell({**order, "fault": fault and asdict(fault)})
        pid = int(self._heard())
        try:
            during(pid)
        except BaseException:
            _kill(pid, 0.0)
            self._heard()
            raise
        code = int(self._heard())
        out, err, changes = ((scratch / name).read_text() for name in ("out", "err", "changes"))
        return Ended(code, out, err, time.monotonic() - begun, changes.splitlines())

    def kill(self, words: Sequence[str], after: float) -> bool:
        """Run the command and kill it; say whether that was in time.

        Raises:
            ContractError: it ended by itself, but not well.
        """
        ended = self.run(words, during=lambda pid: _kill(pid, after))
        if ended.code not in (0, -signal.SIGKILL):
            raise ContractError(f"{self._program} {words[0]} ended with exit code {ended.code}: {ended.err}")
        return ended.code != 0

    def _tell(self, order: dict[str, Any]) -> None:
        assert self._server.stdin
        self._server.stdin.write(json.dumps(order) + "\n")
        self._server.stdin.flush()

    def _heard(self) -> str:
        assert self._server.stdout
        line = self._server.stdout.readline()
        if not line:
            raise ContractError(f"the process in which {self._program} should run has ended; it said why above")
        return line


def signals(*numbers: int, once: Callable[[], bool]) -> Callable[[int], None]:
    """Return what sends a process signals, all at the same instant, as soon as something holds; for `WarmProcess.run`.

    Example:
        >>> with WarmProcess("import time; main = lambda: time.sleep(60)", "sleep") as warm:
        ...     warm.run([], during=signals(signal.SIGTERM, once=lambda: True)).code
        -15
    """

    def send(pid: int) -> None:
        deadline = time.monotonic() + LONGEST_SECONDS
        while not once():
            if not _alive(pid) or time.monotonic() > deadline:
                raise ContractError("the command ended before it could be interrupted")
            time.sleep(LOOK_EVERY_SECONDS)
        # Two signals that a process finds when it wakes up are two, however busy the machine is.
        for number in (signal.SIGSTOP, *numbers, signal.SIGCONT):
            os.kill(pid, number)

    return send


def serve(main: Callable[[], object]) -> None:
    """Be the process that is forked: read orders, a line each, and answer with process numbers and exit codes."""
    program = json.loads(sys.stdin.readline())["program"]
    _warm_up()
    print("ready", flush=True)
    for line in iter(sys.stdin.readline, ""):
        order = json.loads(line)
        for name in ("out", "err", "changes"):
            Path(order["scratch"], name).write_text("")
        child = os.fork()
        if child == 0:
            _be(order, program, main)
        print(child, flush=True)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def _warm_up() -> None:
    """Import what torch and TensorBoard import at their first use, which every copy would do anew."""
    torch.optim.SGD([torch.zeros(1, requires_grad=True)], 0.1).state_dict()
    with TemporaryDirectory() as folder:
        SummaryWriter(folder).close()


def _be(order: dict[str, Any], program: str, main: Callable[[], object]) -> None:
    """Become the command, and leave with its exit code."""
    code = 1
    try:
        streams = [os.open(os.devnull, os.O_RDONLY)]
        streams += [os.open(Path(order["scratch"], name), os.O_WRONLY) for name in ("out", "err", "changes")]
        for place, stream in enumerate(streams[:3]):
            os.dup2(stream, place)
        if order["folder"]:
            fault = Fault(**order["fault"]) if order["fault"] else None
            watch(order["folder"], fault, partial(_note, streams[3]))
        sys.argv = [program, *order["words"]]
        main()
        code = 0
    except SystemExit as left:
        code = left.code if isinstance(left.code, int) else int(left.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _note(stream: int, change: str) -> None:
    os.write(stream, f"{change}\n".encode())


def _kill(pid: int, after: float) -> None:
    deadline = time.monotonic() + after
    while _alive(pid) and time.monotonic() < deadline:
        time.sleep(min(LOOK_EVERY_SECONDS, max(0.0, deadline - time.monotonic())))
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
