"""Artefacts from strangers: refused in one clear line, soon, within bounded memory; nothing in them is carried out."""

from pathlib import Path

import pytest

CASES = Path(__file__).parent / "cases.py"
ACCEPTED = ("demonstrations.json", "environment.json")
"""Some absurd values are allowed where they stand: a note may be long, an optional value null."""


@pytest.mark.slow
def test_hostile_artefacts_are_refused_soon_within_bounded_memory(refused):
    refused(CASES, ACCEPTED)
