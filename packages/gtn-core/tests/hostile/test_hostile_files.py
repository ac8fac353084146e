"""Files from strangers: refused in one clear line, soon, within bounded memory; nothing in them is ever carried out."""

from pathlib import Path

import pytest

CASES = Path(__file__).parent / "cases.py"
MOST_SECONDS = 10.0
MOST_BYTES = 1_500_000_000
ACCEPTED = (
    "teacher.json",
    "recipe",
    "run: config.yaml: an integer in sixties",
    "run: config.yaml: a float that overflows",
)
"""Some absurd values are allowed where they stand: a name may be long, an optional value null, a number infinite."""


@pytest.mark.slow
def test_hostile_files_are_refused_soon_within_bounded_memory(met, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    outcomes, peak = met(CASES)
    wrong = [one for one in outcomes if one["error"] not in ("refused", None)]
    assert not wrong
    assert not [one["case"] for one in outcomes if one["error"] is None and not one["case"].startswith(ACCEPTED)]
    refused = [one for one in outcomes if one["error"] == "refused"]
    assert len(refused) >= 200
    assert not [one for one in refused if "\n" in one["message"] or len(one["message"]) > 2000]
    assert not [one for one in outcomes if one["seconds"] > MOST_SECONDS]
    assert peak < MOST_BYTES
    assert not (tmp_path / "pickle-was-read").exists()
    print(f"{len(refused)} of {len(outcomes)} refused, peak {peak / 2**20:.0f} MB")
