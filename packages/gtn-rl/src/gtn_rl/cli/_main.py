"""The application `gtn-rl`."""

from typing import NoReturn

from gtn_core.cli import new_application, run_application
from gtn_rl.cli import _evaluate, _report, _train

app = new_application(
    "gtn-rl",
    "Meta-train what an agent learns from: demonstrations for one SGD step, environments for a few thousand steps.",
    (_train, _evaluate, _report),
)


def main() -> NoReturn:
    """Run `gtn-rl` and leave the process with its exit code."""
    run_application(app)
