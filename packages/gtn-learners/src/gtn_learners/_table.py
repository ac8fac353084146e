"""The families of this package by name; `pyproject.toml` lists the same as entry points."""

from gtn_core.typing import LearnerFamily
from gtn_learners._cifar10_paper import cifar10_paper
from gtn_learners._convnet import convnet_3, convnet_3_small
from gtn_learners._global_pooling import global_pooling_convnet
from gtn_learners._lenet import lenet
from gtn_learners._mlp import mlp
from gtn_learners._mnist_paper import mnist_paper
from gtn_learners._resnet import resnet_small
from gtn_learners._strided import cifar10_small, mnist_small
from gtn_learners._vgg import vgg_small
from gtn_learners.nao._family import nao_small
from gtn_learners.nb201._family import nb201_small

FAMILIES: dict[str, LearnerFamily] = {
    "cifar10-paper": cifar10_paper,
    "cifar10-small": cifar10_small,
    "convnet-3": convnet_3,
    "convnet-3-small": convnet_3_small,
    "global-pooling-convnet": global_pooling_convnet,
    "lenet": lenet,
    "mlp": mlp,
    "mnist-paper": mnist_paper,
    "mnist-small": mnist_small,
    "nao-small": nao_small,
    "nb201-small": nb201_small,
    "resnet-small": resnet_small,
    "vgg-small": vgg_small,
}
