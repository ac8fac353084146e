"""The application and what all its commands share: one clear line for an error, and the exit codes.

0 done, 1 a clear one-line error, 2 wrong usage, 130 interrupted, 143 terminated.
"""

import os
import signal
import sys
import threading
from types import FrameType
from typing import NoReturn

import typer

from gtn_core.cli import _export, _recipes, _report, _sample, _study, _teach, _train, _tune
from gtn_core.errors import GTNError
from gtn_core.runs import RunStopped

LONGEST_FAREWELL_SECONDS = 5.0
OUT_OF_MEMORY = ("out of memory", "can't allocate memory", "Storage size calculation overflowed")

# Typer exports BadParameter alone; its base is every kind of wrong usage, in whichever copy of click this typer brings.
UsageError: type[Exception] = typer.BadParameter.__mro__[1]

app = typer.Typer(
    name="gtn",
    help="Generative teaching networks: meta-train a teacher on real data, then teach fresh networks in a few steps.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
for module in (_recipes, _train, _tune, _teach, _sample, _export, _study, _report):
    app.command(module.NAME, help=module.HELP)(module.command)


def main() -> NoReturn:
    """Run the command line and leave the process with its exit code."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop)
    sys.exit(_run())


def _run() -> int:
    try:
        return int(app(args=sys.argv[1:] or ["--help"], standalone_mode=False) or 0)
    except RunStopped as stopped:
        return _complain(str(stopped), stopped.exit_code)
    except GTNError as error:
        return _complain(f"error: {error}", 1)
    except UsageError as error:
        message = getattr(error, "format_message", error.__str__)()
        return _complain(f"usage error: {message} (gtn {' '.join(sys.argv[1:2])} --help says more)", 2)
    except (OSError, MemoryError) as error:
        return _complain(f"error: {error or 'out of memory'}", 1)
    except RuntimeError as error:
        if not any(words in str(error) for words in OUT_OF_MEMORY):
            raise
        return _complain(
            f"error: out of memory: {str(error).splitlines()[0]}; make the generator or the batches smaller", 1
        )


def _complain(message: str, code: int) -> int:
    print(" ".join(message.split()), file=sys.stderr)
    return code


def _stop(number: int, frame: FrameType | None) -> NoReturn:
    """End by an exception, which removes temporary files; commands with something to save bring their own handlers."""
    # An exception in the middle of a library's threads can leave them waiting for each other.
    deadline = threading.Timer(LONGEST_FAREWELL_SECONDS, os._exit, [128 + number])
    deadline.daemon = True
    deadline.start()
    raise RunStopped(number, resumable=False)
