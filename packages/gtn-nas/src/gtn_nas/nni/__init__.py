"""GTN evaluation for NNI 3.0: model spaces, evaluators and strategies. Importing this imports NNI; nothing else does.

NNI is told to do without PyTorch Lightning, and its servers are kept on 127.0.0.1: import this before `nni.nas`, or
take its `NasExperiment` and `NasExperimentConfig` from here.
"""

# ruff: noqa: E402
from gtn_nas.nni._environment import check_server, prepare

prepare()

from nni.nas.experiment import NasExperiment, NasExperimentConfig

from gtn_nas.nni._evaluator import LOWEST, GTNEvaluator, TrialEvaluator
from gtn_nas.nni._loopback import listen_on_loopback, node_options
from gtn_nas.nni._model_space import GenotypeModelSpace
from gtn_nas.nni._nao import NAOStrategy
from gtn_nas.nni._search import run_search
from gtn_nas.nni._strategies import new_strategy
from gtn_nas.nni._tpe import TPEStrategy

__all__ = [
    "LOWEST",
    "GTNEvaluator",
    "GenotypeModelSpace",
    "NAOStrategy",
    "NasExperiment",
    "NasExperimentConfig",
    "TPEStrategy",
    "TrialEvaluator",
    "check_server",
    "listen_on_loopback",
    "new_strategy",
    "node_options",
    "prepare",
    "run_search",
]
