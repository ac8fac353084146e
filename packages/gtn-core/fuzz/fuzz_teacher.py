"""Fuzzes the reader of teachers: any description beside the weights of the shipped one."""

import sys
from pathlib import Path

import atheris

sys.path.insert(0, str(Path(__file__).parents[2] / "shared_tests"))
from fuzzing import fuzz

with atheris.instrument_imports(include=["gtn_core.teacher", "gtn_core._reading", "gtn_core._weights"]):
    from gtn_core import Teacher
    from gtn_core.teacher._artefact import SHIPPED

if __name__ == "__main__":
    shipped = SHIPPED / "digits"
    fuzz(
        "teacher.json",
        lambda path: Teacher.from_pretrained(path.parent),
        [(shipped / "teacher.json").read_bytes()],
        [shipped / "teacher.safetensors"],
    )
