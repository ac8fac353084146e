"""The command line, run within the tests' process."""

import sys

import pytest

from gtn_core.cli import main


@pytest.fixture
def gtn(monkeypatch, capsys):
    """Run a command line; return exit code, standard output, standard error."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["gtn", *map(str, arguments)])
        with pytest.raises(SystemExit) as left:
            main()
        return (left.value.code or 0, *capsys.readouterr())

    return run
