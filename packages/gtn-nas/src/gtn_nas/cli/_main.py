"""The application `gtn-nas`."""

from typing import NoReturn

from gtn_core.cli import new_application, run_application
from gtn_nas.cli import _correlate, _rank, _score, _search, _train

app = new_application(
    "gtn-nas",
    "Rank the networks of a search space by what a generative teaching network teaches them in a few steps.",
    (_score, _rank, _correlate, _search, _train),
)


def main() -> NoReturn:
    """Run `gtn-nas` and leave the process with its exit code."""
    run_application(app)
