"""What the tests of all packages share: processes of their own for hostile files and for watched commands."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SHARED = Path(__file__).parent / "shared_tests"


@pytest.fixture
def met():
    """Meet the cases of a file; return what came of each, and the largest memory that it took."""

    def run(cases):
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(SHARED), os.environ.get("PYTHONPATH", "")])}
        ended = subprocess.run([sys.executable, str(cases)], capture_output=True, text=True, env=environment)
        assert ended.returncode == 0, ended.stderr[-2000:]
        outcomes = [json.loads(line) for line in ended.stdout.splitlines()]
        return outcomes, json.loads(ended.stderr.splitlines()[-1])["peak_bytes"]

    return run


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
