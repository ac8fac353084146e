"""Fuzzes the reader of weights: any file beside the description of a small teacher."""

import sys
from pathlib import Path

import atheris

sys.path.insert(0, str(Path(__file__).parents[2] / "shared_tests"))
from fuzzing import fuzz

with atheris.instrument_imports(include=["gtn_core.teacher", "gtn_core._weights"]):
    from gtn_core import Teacher
    from gtn_core.data import Normalization
    from gtn_core.teacher import GeneratorSpecification, TeacherSpecification

if __name__ == "__main__":
    import json
    import tempfile

    small = Path(tempfile.mkdtemp())
    generator = GeneratorSpecification(code_size=1, hidden=1, channels=(1, 1))
    teacher = Teacher(
        TeacherSpecification(steps=1, batch=2, generator=generator),
        image_shape=(1, 8, 8),
        class_names=("a", "b"),
        normalization=Normalization((0.0,), (1.0,)),
    )
    teacher.save_pretrained(small)
    description = json.loads((small / "teacher.json").read_text())
    description["weights_sha256"] = None  # else nothing gets beyond it
    (small / "teacher.json").write_text(json.dumps(description))
    fuzz(
        "teacher.safetensors",
        lambda path: Teacher.from_pretrained(path.parent),
        [(small / "teacher.safetensors").read_bytes()],
        [small / "teacher.json"],
    )
