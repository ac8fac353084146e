"""Files from strangers: refused in one clear line, soon, within bounded memory; nothing in them is carried out."""

from pathlib import Path

import pytest

CASES = Path(__file__).parent / "cases.py"
ACCEPTED = ("network nb201", "network nao")
"""Some absurd values are allowed where they stand: a seed may be huge."""


@pytest.mark.slow
def test_hostile_files_are_refused_soon_within_bounded_memory(refused):
    refused(CASES, ACCEPTED)
