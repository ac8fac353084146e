"""Files from strangers: refused in one clear line, soon, within bounded memory; nothing in them is ever carried out."""

from pathlib import Path

import pytest

CASES = Path(__file__).parent / "cases.py"
ACCEPTED = (
    "teacher.json",
    "recipe",
    "run: config.yaml: an integer in sixties",
    "run: config.yaml: a float that overflows",
)
"""Some absurd values are allowed where they stand: a name may be long, an optional value null, a number infinite."""


@pytest.mark.slow
def test_hostile_files_are_refused_soon_within_bounded_memory(refused):
    refused(CASES, ACCEPTED)
