"""Files from strangers: refused in one clear line, soon, within bounded memory; nothing in them is carried out."""

from pathlib import Path

import pytest

CASES = Path(__file__).parent / "cases.py"
ACCEPTED = ("network nb201", "network nao")
"""Some absurd values are allowed where they stand: a seed may be huge."""


@pytest.mark.slow
def test_hostile_files_are_refused_soon_within_bounded_memory(met, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    outcomes, peak = met(CASES)
    assert not [one for one in outcomes if one["error"] not in ("refused", None)]
    assert not [one["case"] for one in outcomes if one["error"] is None and not one["case"].startswith(ACCEPTED)]
    refused = [one for one in outcomes if one["error"] == "refused"]
    assert len(refused) >= 200
    assert not [one for one in refused if "\n" in one["message"] or len(one["message"]) > 2000]
    assert not [one for one in outcomes if one["seconds"] > 10]
    assert peak < 1_500_000_000
    assert not (tmp_path / "pickle-was-read").exists()
    print(f"{len(refused)} of {len(outcomes)} refused, peak {peak / 2**20:.0f} MB")
