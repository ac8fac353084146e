"""Inner optimizers: pure updates whose hyper-parameters are meta-parameters.

One file each.
"""

from gtn_core.inner_optimizers._adam import Adam
from gtn_core.inner_optimizers._schedule import schedules_of
from gtn_core.inner_optimizers._sgd import SGD

__all__ = ["SGD", "Adam", "schedules_of"]
