"""Fuzzes the readers of tables and of a search's record: any file."""

import sys
from pathlib import Path

import atheris

sys.path.insert(0, str(Path(__file__).parents[2] / "shared_tests"))
from fuzzing import fuzz

with atheris.instrument_imports(include=["gtn_nas.tables", "gtn_nas.search"]):
    from gtn_core.errors import GTNError
    from gtn_nas.search import TrialRecord
    from gtn_nas.tables import read_genotypes, read_table

TRIAL = b'{"genotype": "x", "score": 0.5, "score_std": 0, "seconds": 1, "status": "ok"}\n'


def read(path):
    for reader in (read_table, read_genotypes, lambda path: TrialRecord(path).trials()):
        try:
            reader(path)
        except GTNError as error:
            if "\n" in str(error):
                raise AssertionError(f"not one line: {error}") from error


if __name__ == "__main__":
    fuzz("scores.csv", read, [b"genotype,score\nx,0.5\n", b"genotype\nx\n", b'a,"b\nc",d\n1,2,3\n', TRIAL])
