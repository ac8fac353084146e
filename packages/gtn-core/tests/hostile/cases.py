"""Files that mean harm to gtn-core, for `shared_tests/hostile.py`: teachers, recipes, run directories, data."""

import json
import os
import pickle
import shutil
import struct
import tempfile
import zlib
from functools import partial
from pathlib import Path

from hostile import main, mutations, sparse
from safetensors.torch import load_file, save_file

from gtn_core import RealData, Teacher
from gtn_core.errors import RunError
from gtn_core.recipes import load_recipe
from gtn_core.runs import Checkpoint, RunDirectory, read_metrics, read_timings
from gtn_core.studies import StudyResult
from gtn_core.teacher import GeneratorSpecification, TeacherSpecification

DESCRIPTION, WEIGHTS = "teacher.json", "teacher.safetensors"
TERABYTE = 2**40


class PassedOver(RunError):
    """A damaged checkpoint is no error: the one before it is taken."""


class Bomb:
    """What a reader of pickles would do the bidding of."""

    def __reduce__(self):
        return os.system, ("touch pickle-was-read",)


def pristine():
    folder = Path(tempfile.mkdtemp())
    data = RealData.load("digits")
    Teacher(
        TeacherSpecification(
            steps=2, batch=10, generator=GeneratorSpecification(code_size=4, hidden=8, channels=(4, 4))
        ),
        image_shape=data.image_shape,
        class_names=data.class_names,
        normalization=data.normalization,
    ).save_pretrained(folder)
    return folder


PRISTINE = pristine()


def teacher(change, folder):
    for name in (DESCRIPTION, WEIGHTS):
        shutil.copy(PRISTINE / name, folder / name)
    change(folder)
    return partial(Teacher.from_pretrained, folder)


def described(content):
    return lambda folder: (folder / DESCRIPTION).write_text(json.dumps(content))


def with_header(header, content=b"", length=None):
    """Weights with this header, which may say another length than it has."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return lambda folder: (folder / WEIGHTS).write_bytes(struct.pack("<Q", length or len(text)) + text + content)


def entry(shape, end=16, dtype="F32", start=0):
    return {"x": {"dtype": dtype, "shape": shape, "data_offsets": [start, end]}}


def larger_than_its_file(**sizes):
    """A description of consistent, enormous sizes beside small weights."""
    content = json.loads((PRISTINE / DESCRIPTION).read_text())
    for name, value in sizes.items():
        inner = content
        *path, last = name.split("__")
        for key in path:
            inner = inner[key]
        inner[last] = value
    return described(content)


def extra_tensor(folder):
    tensors = load_file(folder / WEIGHTS)
    save_file({**tensors, "n" * 100_000: tensors["inner_optimizer.momentum.raw"].clone()}, folder / WEIGHTS)


TEACHERS = {
    "absurd header length": with_header(b"{}", length=2**60),
    "a header longer than the file": with_header(b"{}", length=1_000_000),
    "a header of 90 MB": lambda folder: sparse(folder / WEIGHTS, 95_000_000, struct.pack("<Q", 90_000_000) + b"{"),
    "a header that is no JSON": with_header(b"not JSON at all"),
    "a header of nesting": with_header(b"[" * 100_000),
    "a shape of 10^12": with_header(entry([10**12]), bytes(16)),
    "a shape that overflows": with_header(entry([2**33, 2**33]), bytes(16)),
    "a negative shape": with_header(entry([-4]), bytes(16)),
    "a shape of 100,000 dimensions": with_header(entry([1] * 100_000), bytes(16)),
    "offsets beyond the end": with_header(entry([4], end=2**50), bytes(16)),
    "offsets that run back": with_header(entry([4], start=16, end=0), bytes(16)),
    "an unknown type": with_header(entry([4], dtype="OBJECT"), bytes(16)),
    "100,000 tensors": with_header(
        {f"x{i}": {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]} for i in range(50_000)}
    ),
    "a terabyte of weights": lambda folder: sparse(folder / WEIGHTS, TERABYTE, (folder / WEIGHTS).read_bytes()),
    "weights that are a device": lambda folder: (
        (folder / WEIGHTS).unlink(),
        (folder / WEIGHTS).symlink_to("/dev/zero"),
    ),
    "weights that are a folder": lambda folder: ((folder / WEIGHTS).unlink(), (folder / WEIGHTS).mkdir()),
    "weights that are a pipe": lambda folder: ((folder / WEIGHTS).unlink(), os.mkfifo(folder / WEIGHTS)),
    "a name of 100,000 letters": extra_tensor,
    "pickled weights": lambda folder: (folder / WEIGHTS).write_bytes(pickle.dumps(Bomb())),
    "a pickled description": lambda folder: (folder / DESCRIPTION).write_bytes(pickle.dumps(Bomb())),
    "a description of a gigabyte": lambda folder: sparse(folder / DESCRIPTION, 2**30, b'{"recipe": "'),
    "a description that is a pipe": lambda folder: ((folder / DESCRIPTION).unlink(), os.mkfifo(folder / DESCRIPTION)),
    "a description that is a device": lambda folder: (
        (folder / DESCRIPTION).unlink(),
        (folder / DESCRIPTION).symlink_to("/dev/zero"),
    ),
    "an integer of 900,000 digits": lambda folder: (folder / DESCRIPTION).write_text(
        '{"format_version": ' + "9" * 900_000 + "}"
    ),
    "100,000 brackets": lambda folder: (folder / DESCRIPTION).write_text("[" * 100_000),
    "100,000 nested objects": lambda folder: (folder / DESCRIPTION).write_text('{"a":' * 100_000),
    "other bytes": lambda folder: (folder / DESCRIPTION).write_bytes(bytes(range(256)) * 100),
    "65,536 pixels a side": larger_than_its_file(image_shape=[1, 65_536, 65_536]),
    "65,536 channels": larger_than_its_file(image_shape=[65_536, 8, 8], mean=[0.0] * 65_536, std=[1.0] * 65_536),
    "65,536 hidden units": larger_than_its_file(specification__generator__hidden=65_536),
    "the widest convolutions": larger_than_its_file(specification__generator__channels=[65_536, 65_536]),
    "100,000 steps of 65,536": larger_than_its_file(specification__steps=100_000, specification__batch=65_536),
    "a closed loop of 60,000 classes": larger_than_its_file(
        specification__curriculum="closed_loop", class_names=[str(i) for i in range(60_000)]
    ),
    "soft labels of 60,000 classes": larger_than_its_file(
        specification__soft_labels=True, class_names=[str(i) for i in range(60_000)]
    ),
}


def recipe(content, folder):
    path = folder / "recipe.yaml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return partial(load_recipe, path)


def laughs(anchor="[*{0}, *{0}, *{0}, *{0}, *{0}, *{0}, *{0}, *{0}, *{0}]", depth=12):
    lines = ["a0: &a0 [lol]" if anchor.startswith("[") else "a0: &a0 {lol: lol}"]
    lines += [f"a{i}: &a{i} {anchor.format(f'a{i - 1}')}" for i in range(1, depth)]
    return "\n".join(lines)


YAML = {
    "a billion laughs": laughs(),
    "a billion laughs by merging": laughs("{{<<: [*{0}, *{0}, *{0}, *{0}, *{0}, *{0}, *{0}, *{0}]}}"),
    "laughs within a recipe": laughs() + "\nname: &n x\nlearners: *a11\nteacher: *a11\n",
    "a list within itself": "a: &a [*a]",
    "a map within itself": "&a {a: *a}",
    "a map that is its own key": "&a {*a : 1}",
    "a Python object": "!!python/object/apply:os.system ['touch pickle-was-read']",
    "a Python name": "name: !!python/name:os.system",
    "an unknown tag": "name: !bang x",
    "100,000 brackets": "[" * 100_000,
    "100,000 nested maps": "{a: " * 50_000,
    "60,000 values": "a: [" + "1," * 60_000 + "]",
    "an integer of 100,000 digits": "outer: {steps: " + "9" * 100_000 + "}",
    "an integer in sixties": "outer: {steps: " + "1:" * 5000 + "1}",
    "a day that is none": "name: 2024-99-99",
    "a moment that is none": "name: !!timestamp x",
    "a truth that is none": "name: !!bool x",
    "a number of nothing": "name: !!float ''",
    "an integer of nothing": "name: !!int ''",
    "bytes that are none": "name: !!binary '\u00e9'",
    "pairs that are none": "name: !!pairs [1]",
    "a set with a list": "name: !!set {[1]: null}",
    "a float that overflows": "name: 1e999999999",
    "two documents": "a: 1\n---\nb: 2",
    "a list as a key": "{[1, 2]: 3}",
    "a key of 100,000 letters": "k" * 100_000 + ": 1",
    "tabs": "\t\t: \t",
    "only comments": "# nothing\n" * 1000,
    "bytes": bytes(range(256)),
    "UTF-16": "name: x".encode("utf-16"),
    "an open quote": "'" + "x" * 100_000,
    "a directive": "%YAML 9.9\n---\nname: x",
    "a pickle": pickle.dumps(Bomb()),
}


def run_of(name, content, read, folder):
    (folder / "config.yaml").write_text("recipe: {}\n")
    if callable(content):
        content(folder / name)
    else:
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return lambda: read(folder)


def configuration(folder):
    return RunDirectory(folder).configuration()


def result(folder):
    return RunDirectory(folder).result()


def timings(folder):
    return read_timings(folder / "timings.jsonl")


def metrics(folder):
    return read_metrics(folder / "metrics.jsonl")


LINE = b'{"step": 0, "meta_loss": 1.0}\n'
RUNS = {
    **{f"config.yaml: {name}": ("config.yaml", text, configuration) for name, text in YAML.items()},
    "config.yaml: a gigabyte": ("config.yaml", lambda path: sparse(path, 2**30), configuration),
    "evaluation.json: a gigabyte": ("evaluation.json", lambda path: sparse(path, 2**30, b'["'), result),
    "evaluation.json: 100,000 brackets": ("evaluation.json", "[" * 100_000, result),
    "evaluation.json: a list": ("evaluation.json", "[1]", result),
    "evaluation.json: bytes": ("evaluation.json", bytes(range(256)), result),
    "evaluation.json: many digits": ("evaluation.json", "9" * 100_000, result),
    "metrics.jsonl: a gigabyte": ("metrics.jsonl", lambda path: sparse(path, 2**30), metrics),
    "metrics.jsonl: a pickle": ("metrics.jsonl", pickle.dumps(Bomb()) + b"\n" + LINE, metrics),
    "metrics.jsonl: a negative step": ("metrics.jsonl", b'{"step": -1}\n' + LINE, metrics),
    "metrics.jsonl: a step of text": ("metrics.jsonl", b'{"step": "x"}\n' + LINE, metrics),
    "metrics.jsonl: nesting": ("metrics.jsonl", b"[" * 100_000 + b"\n" + LINE, metrics),
    "metrics.jsonl: an accuracy of 10^12": ("metrics.jsonl", b'{"step": 0, "validation_accuracy": 1e12}\n', metrics),
    "metrics.jsonl: a step beyond 64 bits": ("metrics.jsonl", b'{"step": 1.5e300}\n' + LINE, metrics),
    "timings.jsonl: a gigabyte": ("timings.jsonl", lambda path: sparse(path, 2**30), timings),
    "study.json: a gigabyte": ("study.json", lambda path: sparse(path, 2**30, b'{"'), StudyResult.read),
    "study.json: nesting": ("study.json", "[" * 100_000, StudyResult.read),
    "study.json: a list": ("study.json", "[]", StudyResult.read),
}


def png(width, height, content=b"", bits=8, colours=0):
    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, bits, colours, 0, 0, 0)
    body = chunk(b"IDAT", zlib.compress(content)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + body


def images(files, folder):
    for split in ("train", "test"):
        for name in "ab":
            (folder / split / name).mkdir(parents=True)
            for number, content in enumerate([*files, png(8, 8, bytes(9 * 8))] * 3):
                (folder / split / name / f"{number}.png").write_bytes(content)
    return partial(RealData.load, folder)


def parquet(content, folder):
    (folder / "train.parquet").write_bytes(content)
    return partial(RealData.load, folder)


def many_rows(folder):
    """Small on the disk, for every row is the same."""
    import pyarrow
    import pyarrow.parquet

    column = pyarrow.DictionaryArray.from_arrays(
        pyarrow.repeat(pyarrow.scalar(0, pyarrow.int8()), 12_000_000), pyarrow.array(["x"])
    )
    pyarrow.parquet.write_table(pyarrow.table({"label": column}), folder / "train.parquet")
    return partial(RealData.load, folder)


IMAGES = {
    "65,535 pixels a side": png(65_535, 65_535),
    "2^31 pixels a side": png(2**31 - 1, 2**31 - 1),
    "just too many pixels": png(4096, 4097, bytes(100)),
    "9,000 pixels a side and no content": png(9000, 9000),
    "4,000 pixels a side and no content": png(4000, 4000),
    "no pixels": png(0, 0),
    "a size other than its neighbour's": png(16, 16, bytes(17 * 16)),
    "cut short": png(8, 8, bytes(9 * 8))[:-20],
    "text": b"no image at all",
    "a pickle": pickle.dumps(Bomb()),
    "16 bits beside 8": png(8, 8, bytes(17 * 8), bits=16),
    "a bad depth": png(8, 8, bytes(9 * 8), bits=7),
}
PARQUET = {
    "a pickle": pickle.dumps(Bomb()),
    "an end alone": b"PAR1",
    "a start and an end": b"PAR1PAR1",
    "a footer of 2 GB": b"PAR1" + struct.pack("<I", 2**31 - 1) + b"PAR1",
    "a footer of noise": b"PAR1" + bytes(range(256)) * 4 + struct.pack("<I", 1024) + b"PAR1",
}


def checkpoint(content, folder):
    (folder / "step-00000001.safetensors").write_bytes(content)

    def read():
        assert Checkpoint.latest(folder) is None
        raise PassedOver

    return read


CASES = {
    **{f"teacher: {name}": partial(teacher, change) for name, change in TEACHERS.items()},
    **{
        f"teacher.json: {name}": partial(teacher, described(content))
        for name, content in mutations(json.loads((PRISTINE / DESCRIPTION).read_text()))
    },
    **{f"recipe: {name}": partial(recipe, text) for name, text in YAML.items()},
    **{
        f"recipe: {name}": partial(recipe, json.dumps(content))  # YAML too
        for name, content in mutations(load_recipe("digits").model_dump(mode="json", exclude_none=True))
    },
    **{f"run: {name}": partial(run_of, *case) for name, case in RUNS.items()},
    **{f"images: {name}": partial(images, [content]) for name, content in IMAGES.items()},
    **{f"parquet: {name}": partial(parquet, content) for name, content in PARQUET.items()},
    "parquet: twelve million rows": many_rows,
    "checkpoint: a pickle": partial(checkpoint, pickle.dumps(Bomb())),
    "checkpoint: an absurd header": partial(checkpoint, struct.pack("<Q", 2**60) + b"{}"),
    "checkpoint: 10^12 numbers": partial(
        checkpoint, struct.pack("<Q", len(json.dumps(entry([10**12])))) + json.dumps(entry([10**12])).encode()
    ),
}

if __name__ == "__main__":
    main(CASES)
