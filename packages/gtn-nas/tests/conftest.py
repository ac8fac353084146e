"""What the tests of gtn-nas share: tiny networks on the 8x8 digits, taught by the shipped teacher."""

import sys
from dataclasses import replace

import pytest
import torch

from gtn_core import RealData, Teacher
from gtn_core.teacher import TeacherSpecification
from gtn_nas import NAOSpace, NB201Space
from gtn_nas.cli import main

torch.set_num_threads(1)

GENOTYPES = {
    "nb201": "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|none~0|skip_connect~1|avg_pool_3x3~2|",
    "nao": " ".join(["0 2 1 0"] * 10),
}


@pytest.fixture(scope="session")
def genotypes():
    """A genotype of each space, as text."""
    return GENOTYPES


@pytest.fixture(scope="session")
def data():
    found = RealData.load("digits")
    return replace(found, validation=found.validation.sample(60))


@pytest.fixture(scope="session")
def teacher():
    return Teacher.from_pretrained("digits")


@pytest.fixture(scope="session")
def new_teacher(data):
    """Makes untrained teachers of any curriculum and inner optimizer."""

    def make(**options):
        specification = TeacherSpecification.model_validate(
            {
                "steps": 3,
                "batch": 8,
                "generator": {"kind": "image", "code_size": 4, "hidden": 8, "channels": [4, 4]},
                **options,
            }
        )
        return Teacher(
            specification,
            image_shape=data.image_shape,
            class_names=data.class_names,
            normalization=data.normalization,
        )

    return make


@pytest.fixture(params=["nb201", "nao"])
def space(request):
    return {"nb201": NB201Space(channels=2, cells=1), "nao": NAOSpace(filters=2, cells=1)}[request.param]


@pytest.fixture
def gtn_nas(monkeypatch, capsys):
    """Run a command line; return exit code, standard output, standard error."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["gtn-nas", *map(str, arguments)])
        with pytest.raises(SystemExit) as left:
            main()
        return (left.value.code or 0, *capsys.readouterr())

    return run
