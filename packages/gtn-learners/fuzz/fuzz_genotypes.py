"""Fuzzes the parsers of genotypes: any text; what is read prints as it was written, but for white space."""

import sys
from pathlib import Path

import atheris

sys.path.insert(0, str(Path(__file__).parents[2] / "shared_tests"))
from fuzzing import fuzz

with atheris.instrument_imports(include=["gtn_learners"]):
    from gtn_learners import nao, nb201


def read(path):
    text = path.read_bytes().decode("utf-8", "surrogateescape")
    refused = []
    for space in (nb201, nao):
        try:
            genotype = space.Genotype.parse(text)
        except Exception as error:
            refused.append(error)
        else:
            assert space.Genotype.parse(str(genotype)) == genotype
    for error in refused:
        raise error


if __name__ == "__main__":
    fuzz("genotype.txt", read, [str(space.random_genotype(seed=0)).encode() for space in (nb201, nao)])
