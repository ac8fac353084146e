"""The application `gtn`."""

from typing import NoReturn

from gtn_core.cli import _export, _recipes, _report, _sample, _study, _teach, _train, _tune
from gtn_core.cli._application import new_application, run_application

app = new_application(
    "gtn",
    "Generative teaching networks: meta-train a teacher on real data, then teach fresh networks in a few steps.",
    (_recipes, _train, _tune, _teach, _sample, _export, _study, _report),
)


def main() -> NoReturn:
    """Run `gtn` and leave the process with its exit code."""
    run_application(app)
