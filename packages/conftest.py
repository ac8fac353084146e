"""What the tests of all packages share: processes of their own for hostile files and for watched commands."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SHARED = Path(__file__).parent / "shared_tests"
MOST_SECONDS = 10.0
MOST_BYTES = 1_500_000_000


@pytest.fixture
def refused(tmp_path, monkeypatch):
    """Meet the cases of a file: all are refused but those whose names begin as told, soon, within bounded memory."""
    monkeypatch.chdir(tmp_path)

    def check(cases, accepted):
        outcomes, peak = meet(cases)
        assert not [one for one in outcomes if one["error"] not in ("refused", None)]
        assert not [one["case"] for one in outcomes if one["error"] is None and not one["case"].startswith(accepted)]
        refused = [one for one in outcomes if one["error"] == "refused"]
        assert len(refused) >= 200
        assert not [one for one in refused if "\n" in one["message"] or len(one["message"]) > 2000]
        assert not [one for one in outcomes if one["seconds"] > MOST_SECONDS]
        assert peak < MOST_BYTES
        assert not (tmp_path / "pickle-was-read").exists()
        print(f"{len(refused)} of {len(outcomes)} refused, peak {peak / 2**20:.0f} MB")

    return check


def meet(cases):
    """Return what came of each case of a file, and the largest memory that it took."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(SHARED), os.environ.get("PYTHONPATH", "")])}
    ended = subprocess.run([sys.executable, str(cases)], capture_output=True, text=True, env=environment)
    assert ended.returncode == 0, ended.stderr[-2000:]
    outcomes = [json.loads(line) for line in ended.stdout.splitlines()]
    return outcomes, json.loads(ended.stderr.splitlines()[-1])["peak_bytes"]


@pytest.fixture
def watched(tmp_path):
    """Run command lines of a module's `main`; return their ends and the sockets that were seen."""

    def run(module, commands):
        (tmp_path / "commands.json").write_text(json.dumps([list(map(str, command)) for command in commands]))
        script = [sys.executable, str(SHARED / "watched_commands.py"), module, "commands.json", "report.json"]
        ended = subprocess.run(script, cwd=tmp_path, capture_output=True, text=True)
        assert ended.returncode == 0, ended.stderr[-2000:]
        return json.loads((tmp_path / "report.json").read_text())

    return run
