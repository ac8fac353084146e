"""The `gtn` command, and what the commands of other packages share with it: options, output, how they end."""

from gtn_core.cli._application import new_application, run_application
from gtn_core.cli._main import main
from gtn_core.cli._options import (
    DataOption,
    DeviceOption,
    JsonOption,
    ResumeOption,
    SeedOption,
    TeacherArgument,
    ThreadsOption,
    checked_device,
    set_threads,
    warn_of_other_threads,
)
from gtn_core.cli._output import print_json, print_table, shown_progress

__all__ = [
    "DataOption",
    "DeviceOption",
    "JsonOption",
    "ResumeOption",
    "SeedOption",
    "TeacherArgument",
    "ThreadsOption",
    "checked_device",
    "main",
    "new_application",
    "print_json",
    "print_table",
    "run_application",
    "set_threads",
    "shown_progress",
    "warn_of_other_threads",
]
