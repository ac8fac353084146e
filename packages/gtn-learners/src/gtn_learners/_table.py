"""The families of this package by name; `pyproject.toml` lists the same as entry points."""

from gtn_core.typing import LearnerFamily
from gtn_learners._cifar10_paper import cifar10_paper
from gtn_learners._mlp import mlp
from gtn_learners._mnist_paper import mnist_paper
from gtn_learners._strided import cifar10_small, mnist_small

FAMILIES: dict[str, LearnerFamily] = {
    "cifar10-paper": cifar10_paper,
    "cifar10-small": cifar10_small,
    "mlp": mlp,
    "mnist-paper": mnist_paper,
    "mnist-small": mnist_small,
}
