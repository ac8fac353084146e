"""Fuzzes the reader of artefacts: any description beside the weights of the shipped environment."""

import sys
from pathlib import Path

import atheris

sys.path.insert(0, str(Path(__file__).parents[2] / "shared_tests"))
from fuzzing import fuzz

with atheris.instrument_imports(include=["gtn_core.artefacts", "gtn_core._weights", "gtn_rl.environments"]):
    from gtn_rl.environments import load_environment, shipped_environments

if __name__ == "__main__":
    shipped = shipped_environments()["gtn/CartPole-v0"]
    fuzz(
        "environment.json",
        lambda path: load_environment(path.parent),
        [(shipped / "environment.json").read_bytes()],
        [shipped / "environment.safetensors"],
    )
