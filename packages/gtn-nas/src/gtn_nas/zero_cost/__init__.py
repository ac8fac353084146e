"""Zero-cost scores of fresh networks, own implementations from the papers, one file each.

`ZERO_COST` is the table: functions of a fresh network and a real batch, which may change the network.
"""

from collections.abc import Callable

from torch import nn

from gtn_core.typing import Batch
from gtn_nas.zero_cost._grad_norm import grad_norm
from gtn_nas.zero_cost._jacob_cov import jacob_cov
from gtn_nas.zero_cost._naswot import naswot
from gtn_nas.zero_cost._synflow import synflow

ZERO_COST: dict[str, Callable[[nn.Module, Batch], float]] = {
    "synflow": synflow,
    "naswot": naswot,
    "jacob_cov": jacob_cov,
    "grad_norm": grad_norm,
}

__all__ = ["ZERO_COST", "grad_norm", "jacob_cov", "naswot", "synflow"]
