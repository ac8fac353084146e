"""Checkers for what you bring along or build on top: the project's own, and yours.

For families of learners, generators and meta-gradients; and for commands that must survive being killed. They raise
`ContractError`, an `AssertionError` that says what is wrong. Call them in tests; nothing in the packages imports this.
"""

from gtn_core.testing._contracts import check_generator, check_learner_family, check_meta_gradient
from gtn_core.testing._error import ContractError
from gtn_core.testing._faults import Fault
from gtn_core.testing._survival import Survived, check_survives_faults, check_survives_kills
from gtn_core.testing._warm_process import Ended, WarmProcess, signals

__all__ = [
    "ContractError",
    "Ended",
    "Fault",
    "Survived",
    "WarmProcess",
    "check_generator",
    "check_learner_family",
    "check_meta_gradient",
    "check_survives_faults",
    "check_survives_kills",
    "signals",
]
