"""One rank of a tiny meta-training in float64: `python worker.py FOLDER [STEP]`; rank 1 dies after outer step STEP."""

import os
import signal
import sys
from dataclasses import replace
from pathlib import Path

import torch

from gtn_core import RealData, Teacher
from gtn_core.cli import run_application
from gtn_core.data import Split
from gtn_core.families import WeightedFamily, digits_convnet
from gtn_core.meta_training import MetaTrainer, OuterLoop
from gtn_core.ranks import Ranks, joined_ranks
from gtn_core.runs import RunDirectory, SilentProgress
from gtn_core.teacher import GeneratorSpecification, TeacherSpecification

SETTINGS = OuterLoop(steps=4, learners=3, real_batch=16, intermediate_every=1, validate_every=2, validation_learners=1)
SPECIFICATION = TeacherSpecification(
    steps=2, batch=10, generator=GeneratorSpecification(code_size=4, hidden=8, channels=(4, 4))
)


class DyingAt(SilentProgress):
    def __init__(self, step):
        self.left = step

    def advance(self, **figures):
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


def in_float64(image_shape, classes, generator):
    return digits_convnet(image_shape, classes, generator).double()


def trained(folder, ranks, progress=None):
    """Return the teacher after (the rest of) the meta-training in a folder."""
    data = RealData.load("digits")
    splits = {name: getattr(data, name) for name in ("train", "validation", "test")}
    data = replace(data, **{name: Split(split.images.double(), split.labels) for name, split in splits.items()})
    teacher = Teacher(
        SPECIFICATION, image_shape=data.image_shape, class_names=data.class_names, normalization=data.normalization
    ).double()
    if not ranks.first:  # whatever it starts from, rank 0 tells
        with torch.no_grad():
            next(teacher.parameters()).add_(1.0)
    run = RunDirectory(Path(folder))
    families = [WeightedFamily(in_float64)]
    trainer = MetaTrainer(teacher, data, families, SETTINGS, run, progress=progress or SilentProgress(), ranks=ranks)
    trainer.train()
    return teacher


class Application:
    """What `run_application` ends as it ends a command."""

    class info:
        name = "worker"

    def __call__(self, args, standalone_mode):
        torch.set_num_threads(1)
        folder, step = args[0], int(args[1]) if args[1:] else 0
        with joined_ranks("cpu") as ranks:
            progress = DyingAt(step) if step and ranks == Ranks(1, 2) else None
            trained(folder, ranks, progress)


if __name__ == "__main__":
    sys.argv[0] = "worker"
    run_application(Application())
