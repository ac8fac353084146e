"""Options that several commands have, declared once so that they read and behave the same."""

import sys
from pathlib import Path
from typing import Annotated

import torch
import typer

from gtn_core.errors import ConfigurationError
from gtn_core.runs import RunDirectory

LARGEST_SEED = 2**62
DEVICES = ("cpu", "cuda", "mps", "xpu")

RecipeArgument = Annotated[
    str, typer.Argument(metavar="RECIPE", help="A name that `gtn recipes` lists, or a YAML file.")
]
TeacherArgument = Annotated[
    str,
    typer.Argument(
        metavar="TEACHER",
        help="A folder, the name of a shipped teacher (digits), or a Hub id, with @revision if wanted.",
    ),
]
DataOption = Annotated[
    str | None,
    typer.Option("--data", metavar="SOURCE", help="Real data: digits, a Hub id, a folder of images or parquet files."),
]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Override a recipe's value, e.g. outer.steps=500."),
]
SeedOption = Annotated[int, typer.Option("--seed", min=0, max=LARGEST_SEED, help="Of everything random.")]
DeviceOption = Annotated[str, typer.Option("--device", help="Where to compute: cpu, cuda, cuda:1, ...")]
ThreadsOption = Annotated[
    int | None, typer.Option("--threads", min=1, max=1024, help="CPU threads; torch's own choice unless given.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print exactly one JSON object; all else to standard error.")]
RunDirOption = Annotated[
    Path | None, typer.Option("--run-dir", metavar="DIR", help="Where to keep the run; runs/<recipe> unless given.")
]
ResumeOption = Annotated[bool, typer.Option("--resume", help="Continue the run that is there.")]


def set_threads(threads: int | None) -> int:
    """Set the number of CPU threads, if one is asked for, and return the number in use."""
    if threads is not None:
        torch.set_num_threads(threads)
    return torch.get_num_threads()


def warn_of_other_threads(run: RunDirectory, threads: int) -> None:
    """Say so on standard error where a run was started with another number of threads."""
    before = run.configuration().get("threads")
    if before != threads:
        print(
            f"warning: the run was started with {before} threads and goes on with {threads}; the last bits will differ "
            f"from an undisturbed run (--threads {before} avoids that)",
            file=sys.stderr,
        )


def checked_device(name: str) -> str:
    """Return the device's name.

    Raises:
        ConfigurationError: torch does not know it, or this machine lacks it.
    """
    try:
        if torch.device(name).type not in DEVICES:
            raise RuntimeError(f"gtn computes on {', '.join(DEVICES)}")
        torch.empty(0, device=name)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).split(". ")[0].splitlines()[0]
        raise ConfigurationError(f"--device {name!r} cannot be used here: {reason}; use cpu") from error
    return name
