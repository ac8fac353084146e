"""Artefacts that mean harm to gtn-rl, for `shared_tests/hostile.py`."""

import json
import os
import pickle
import shutil
import struct
from functools import partial

from hostile import main, mutations, sparse

from gtn_core.runs import RunDirectory
from gtn_rl.demonstrations import Demonstrations
from gtn_rl.demonstrations._artefact import SHIPPED
from gtn_rl.environments import load_environment, shipped_environments
from gtn_rl.reporting._curves import read_curves
from gtn_rl.reporting._record import read_run
from gtn_rl.rollouts import recorded_env_id

ENVIRONMENT = shipped_environments()["gtn/CartPole-v0"]
KINDS = {
    "demonstrations": (SHIPPED / "CartPole-v1", Demonstrations.load),
    "environment": (ENVIRONMENT, load_environment),
}


class Bomb:
    """What a reader of pickles would do the bidding of."""

    def __reduce__(self):
        return os.system, ("touch pickle-was-read",)


def artefact(kind, change, folder):
    source, load = KINDS[kind]
    for suffix in (".json", ".safetensors"):
        shutil.copy(source / f"{kind}{suffix}", folder / f"{kind}{suffix}")
    change(folder / f"{kind}.json", folder / f"{kind}.safetensors")
    return partial(load, folder)


def described(content):
    return lambda description, weights: description.write_text(json.dumps(content))


def described_of(kind):
    return json.loads((KINDS[kind][0] / f"{kind}.json").read_text())


def with_header(header, content=bytes(16), length=None):
    text = json.dumps(header).encode()
    return lambda description, weights: weights.write_bytes(struct.pack("<Q", length or len(text)) + text + content)


def entry(shape):
    return {"x": {"dtype": "F32", "shape": shape, "data_offsets": [0, 16]}}


BOTH = {
    "absurd header length": with_header({}, length=2**60),
    "a shape of 10^12": with_header(entry([10**12])),
    "a shape that overflows": with_header(entry([2**33, 2**33])),
    "a terabyte of weights": lambda description, weights: sparse(weights, 2**40, weights.read_bytes()),
    "pickled weights": lambda description, weights: weights.write_bytes(pickle.dumps(Bomb())),
    "a pickled description": lambda description, weights: description.write_bytes(pickle.dumps(Bomb())),
    "a description of a gigabyte": lambda description, weights: sparse(description, 2**30, b'{"'),
    "100,000 brackets": lambda description, weights: description.write_text("[" * 100_000),
    "a description that is a pipe": lambda description, weights: (description.unlink(), os.mkfifo(description)),
    "weights that are a pipe": lambda description, weights: (weights.unlink(), os.mkfifo(weights)),
    "weights that are a device": lambda description, weights: (weights.unlink(), weights.symlink_to("/dev/zero")),
}


def enormous(kind):
    """Descriptions of consistent, enormous sizes beside small weights."""
    content = described_of(kind)
    specification = content["specification"]
    if kind == "demonstrations":
        box = {"kind": "box", "n": None, "start": None, "low": [-1.0] * 4000, "high": [1.0] * 4000}
        yield "the widest", {**content, "specification": {**specification, "width": 65_536, "depth": 16}}
        yield "the widest, with one noise", {**content, "specification": {**specification, "width": 65_536, "noise": 1}}
        yield "4,000 observations", {**content, "observation_space": box}
        yield "the most steps", {**content, "specification": {**specification, "steps": 65_536}}
    else:
        spaces = specification["spaces"]
        choice = {"kind": "discrete", "n": 4096, "start": 0, "low": None, "high": None}
        yield "the widest", {**content, "specification": {**specification, "hidden": 65_536}}
        yield "4,096 actions", {**content, "specification": {**specification, "spaces": {**spaces, "actions": choice}}}


def run_of(name, content, read, folder):
    (folder / "config.yaml").write_text("kind: demonstrations\nenv_id: CartPole-v1\n")
    content(folder / name) if callable(content) else (folder / name).write_bytes(content)
    return lambda: read(folder)


def metrics(folder):
    return read_run(RunDirectory(folder))


RUNS = {
    "curves.json: a gigabyte": ("curves.json", lambda path: sparse(path, 2**30, b'{"'), read_curves),
    "curves.json: a pickle": ("curves.json", pickle.dumps(Bomb()), read_curves),
    "curves.json: nesting": ("curves.json", b"[" * 100_000, read_curves),
    "metrics.jsonl: a gigabyte": ("metrics.jsonl", lambda path: sparse(path, 2**30), metrics),
    "metrics.jsonl: a pickle": ("metrics.jsonl", pickle.dumps(Bomb()) + b"}\n{}\n", metrics),
    "config.yaml: a billion laughs": (
        "config.yaml",
        "\n".join(["a0: &a0 [x]", *(f"a{i}: &a{i} [{f'*a{i - 1}, ' * 9}]" for i in range(1, 12))]).encode(),
        metrics,
    ),
}
MODULES = ("antigravity:X-v0", "os:system-v0", "../../x:Y-v1", ":CartPole-v1", "a:b:c")

CASES = {
    **{
        f"{kind}: {name}": partial(artefact, kind, change)
        for kind in KINDS
        for name, change in {**BOTH, **{name: described(content) for name, content in enormous(kind)}}.items()
    },
    **{
        f"{kind}.json: {name}": partial(artefact, kind, described(content))
        for kind in KINDS
        for name, content in mutations(described_of(kind))
        if ".recipe." not in name and ".results." not in name  # only shown
    },
    **{f"run: {name}": partial(run_of, *case) for name, case in RUNS.items()},
    **{f"env id: {name}": lambda folder, name=name: partial(recorded_env_id, name) for name in MODULES},
}

if __name__ == "__main__":
    main(CASES)
