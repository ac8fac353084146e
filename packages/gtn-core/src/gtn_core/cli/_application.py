"""How a command line of ours ends: one clear line for an error, and the exit codes.

0 done, 1 a clear one-line error, 2 wrong usage, 130 interrupted, 143 terminated.
"""

import os
import signal
import sys
import threading
from collections.abc import Iterable
from types import FrameType
from typing import Any, NoReturn

import typer

from gtn_core.errors import GTNError
from gtn_core.runs import RunStopped

LONGEST_FAREWELL_SECONDS = 5.0
OUT_OF_MEMORY = ("out of memory", "can't allocate memory", "Storage size calculation overflowed")

# Typer exports BadParameter alone; its base is every kind of wrong usage, in whichever copy of click this typer brings.
UsageError: type[Exception] = typer.BadParameter.__mro__[1]


def new_application(name: str, text: str, commands: Iterable[Any]) -> typer.Typer:
    """Return an application of several commands.

    Args:
        name: as it is typed.
        text: what it is for.
        commands: modules with a NAME, a HELP that ends in an example, and a function `command`.
    """
    application = typer.Typer(
        name=name,
        help=text,
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
    )
    for module in commands:
        application.command(module.NAME, help=module.HELP)(module.command)
    return application


def run_application(application: typer.Typer) -> NoReturn:
    """Run the command line and leave the process with its exit code."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop)
    sys.exit(_run(application))


def _run(application: typer.Typer) -> int:
    try:
        return int(application(args=sys.argv[1:] or ["--help"], standalone_mode=False) or 0)
    except RunStopped as stopped:
        return _complain(str(stopped), stopped.exit_code)
    except GTNError as error:
        return _complain(f"error: {error}", 1)
    except UsageError as error:
        message = getattr(error, "format_message", error.__str__)()
        again = " ".join([str(application.info.name), *sys.argv[1:2]])
        return _complain(f"usage error: {message} ({again} --help says more)", 2)
    except (OSError, MemoryError) as error:
        return _complain(f"error: {error or 'out of memory'}", 1)
    except RuntimeError as error:
        if not any(words in str(error) for words in OUT_OF_MEMORY):
            raise
        return _complain(
            f"error: out of memory: {str(error).splitlines()[0]}; make the generator or the batches smaller", 1
        )


def _complain(message: str, code: int) -> int:
    # What a message repeats may come from anybody's file, and a terminal obeys control characters.
    line = "".join(letter if letter.isprintable() else " " for letter in message)
    print(" ".join(line.split()), file=sys.stderr)
    return code


def _stop(number: int, frame: FrameType | None) -> NoReturn:
    """End by an exception, which removes temporary files; commands with something to save bring their own handlers."""
    for other in (signal.SIGINT, signal.SIGTERM):
        signal.signal(other, _leave)
    # An exception in the middle of a library's threads can leave them waiting for each other.
    deadline = threading.Timer(LONGEST_FAREWELL_SECONDS, os._exit, [128 + number])
    deadline.daemon = True
    deadline.start()
    raise RunStopped(number, resumable=False)


def _leave(number: int, frame: FrameType | None) -> NoReturn:
    """End at once: it is the second signal."""
    os._exit(128 + number)
