"""Families of learner architectures for generative teaching networks.

`FAMILIES` holds them by the names that the `gtn` command knows. The classes are their architectures, to build with
widths of your own. `nb201` and `nao` are search spaces: genotypes, and the networks built of them.
"""

from gtn_learners import nao, nb201
from gtn_learners.__about__ import __version__
from gtn_learners._cifar10_paper import CIFAR10Learner, cifar10_paper
from gtn_learners._convnet import ConvNet, convnet_3, convnet_3_small
from gtn_learners._cost import count_flops, count_parameters
from gtn_learners._global_pooling import GlobalPoolingConvNet, global_pooling_convnet
from gtn_learners._lenet import LeNet, lenet
from gtn_learners._mlp import MLP, mlp
from gtn_learners._mnist_paper import MNISTLearner, mnist_paper
from gtn_learners._resnet import ResNet, resnet_small
from gtn_learners._strided import StridedLearner, cifar10_small, mnist_small
from gtn_learners._table import FAMILIES
from gtn_learners._vgg import VGG, vgg_small
from gtn_learners.nao._family import nao_small
from gtn_learners.nb201._family import nb201_small

__all__ = [
    "FAMILIES",
    "MLP",
    "VGG",
    "CIFAR10Learner",
    "ConvNet",
    "GlobalPoolingConvNet",
    "LeNet",
    "MNISTLearner",
    "ResNet",
    "StridedLearner",
    "__version__",
    "cifar10_paper",
    "cifar10_small",
    "convnet_3",
    "convnet_3_small",
    "count_flops",
    "count_parameters",
    "global_pooling_convnet",
    "lenet",
    "mlp",
    "mnist_paper",
    "mnist_small",
    "nao",
    "nao_small",
    "nb201",
    "nb201_small",
    "resnet_small",
    "vgg_small",
]
