"""Learned soft labels: what each of the T x B images is to be taken for is learnt too (paper, appendix F).

A label that is learnt goes with its code, wherever the curriculum puts it. The generator is still told the class, so an
image starts as one of its class, and its label may say that it also looks like another.

Source: Such et al. (2020), appendix F; Sucholutsky and Schonlau, "Soft-label dataset distillation" (2019).
"""

from math import log

import torch
import torch.nn.functional as F
from torch import Tensor, nn

START = 0.9
"""Probability of the right class at first: a clear majority that leaves a slope to learn by."""


class SoftLabels(nn.Module):
    """T x B learned distributions over the classes, as logits.

    Args:
        labels_TB: the class that each starts with.
        classes: K.

    Example:
        >>> SoftLabels(torch.tensor([[0, 1], [2, 0]]), classes=3)(slice(1, 3)).detach()
        tensor([[0.0500, 0.9000, 0.0500],
                [0.0500, 0.0500, 0.9000]])
    """

    def __init__(self, labels_TB: Tensor, classes: int) -> None:
        super().__init__()
        ahead = log(START / (1 - START) * max(classes - 1, 1))
        self.logits_TBK = nn.Parameter(ahead * F.one_hot(labels_TB, classes).float())

    def forward(self, places: slice | Tensor) -> Tensor:
        """Return the probabilities `[B, K]` at these places of the whole sequence of T x B."""
        return torch.softmax(self.logits_TBK.flatten(0, 1)[places], dim=1)
