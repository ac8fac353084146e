"""Tells a meta-gradient that may be followed from one that is not finite or has exploded.

Exploded is what is a thousand times as long as the longest of late. A meta-gradient through many steps is steep now and
then, and clipping is for that; what this keeps out is the one that would spoil the outer optimizer's moments for
hundreds of steps. Nothing is out of proportion before ten have been followed.
"""

from math import isfinite

import torch

EXPLOSION = 1000.0
FORGETTING = 0.95
"""Share of the longest norm that is left after a step."""
ACQUAINTED = 10


class GradientGuard:
    """Knows the norms that were followed.

    Attributes:
        memory: `[2]`, float64: the longest norm of late, and how many were followed; what a checkpoint holds.

    Example:
        >>> guard = GradientGuard()
        >>> all(guard.admits(0.1) for _ in range(ACQUAINTED))
        True
        >>> guard.admits(float("nan")), guard.admits(500.0), guard.admits(50.0)
        (False, False, True)
    """

    def __init__(self) -> None:
        self.memory = torch.zeros(2, dtype=torch.float64)

    def admits(self, norm: float) -> bool:
        """Say whether a meta-gradient of this norm may be followed, and if so, remember it."""
        longest, count = self.memory.tolist()
        if not isfinite(norm) or (count >= ACQUAINTED and norm > EXPLOSION * longest > 0):
            return False
        self.memory.copy_(torch.tensor([max(norm, FORGETTING * longest), count + 1], dtype=torch.float64))
        return True
