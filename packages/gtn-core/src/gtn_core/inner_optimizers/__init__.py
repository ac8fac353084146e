"""Inner optimizers: pure updates whose hyper-parameters are meta-parameters.

One file each; `INNER_OPTIMIZERS` is the table a configuration's `kind` is looked up in.
"""

from gtn_core.inner_optimizers._adam import Adam
from gtn_core.inner_optimizers._sgd import SGD

INNER_OPTIMIZERS = {"adam": Adam, "sgd": SGD}

__all__ = ["INNER_OPTIMIZERS", "SGD", "Adam"]
