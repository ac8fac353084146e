"""Closed loop: learned codes that a small recurrent network moves, by what the learner has shown so far.

The paper's full curriculum shows every learner the same batches, however it fares. Here a gated recurrent unit sees
after every inner step what the learner made of the batch: its loss, and a table of its mean logits with a row for each
class. What the unit remembers moves the codes of the next step, class by class. Fan et al., "Learning to teach" (2018),
let a policy choose among real data by such features; here what is shown is made to measure.

Known weaknesses: the table has a row and a column a class, and the network's input grows with it; without a learner
there are no batches.

Shape legend: B inner batch, K classes, Z size of a code, M size of the memory, W width of the mover.
"""

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gtn_core.curricula._sequence import CodeSequence
from gtn_core.typing import Tensors

MEMORY = 64
"""Numbers that are remembered of a learner."""
WIDTH = 64
"""Of the network that moves a code."""


class ClosedLoopCurriculum(CodeSequence):
    """T x B learned codes in their own order, moved by what the learner answered; it starts as the full curriculum.

    Called like any other it returns the codes as they are before they are moved.

    Args:
        steps: T.
        batch: B.
        code_size: Z.
        classes: number of labels.
        passes: how often every code is met.

    Example:
        >>> curriculum = ClosedLoopCurriculum(steps=2, batch=4, code_size=3, classes=2)
        >>> memory = curriculum.start()
        >>> codes, labels = curriculum.moved(0, memory)
        >>> answered = curriculum.observe(memory, labels, logits=torch.randn(4, 2), loss=torch.tensor(0.7))
        >>> curriculum.moved(1, answered)[0].shape
        torch.Size([4, 3])
    """

    def __init__(self, steps: int, batch: int, code_size: int, classes: int, *, passes: int = 1) -> None:
        super().__init__(steps, batch, code_size, classes, passes=passes)
        self.classes = classes
        self.remember = nn.GRUCell(classes * classes + 1, MEMORY)
        self.advise = nn.Linear(MEMORY, classes * WIDTH)
        self.read = nn.Linear(code_size, WIDTH, bias=False)
        self.move = nn.Linear(WIDTH, code_size, bias=False)
        nn.init.zeros_(self.move.weight)

    def start(self) -> Tensors:
        """Return the memory before the first inner step: nothing."""
        return {"hidden": self.codes_TBZ.new_zeros(MEMORY)}

    def moved(self, step: int, memory: Mapping[str, Tensor]) -> tuple[Tensor, Tensor]:
        """Return the codes `[B, Z]` and labels `[B]` of one inner step.

        Raises:
            ConfigurationError: the step lies beyond the sequence.
        """
        codes, labels = self(step, seed=0)
        advice_KW = self.advise(memory["hidden"]).view(self.classes, WIDTH)
        # Adam moves every weight by its learning rate, and WIDTH of them together: a code would leap ahead of itself.
        moves = self.move(torch.tanh(self.read(codes) + advice_KW[labels])) / WIDTH
        return codes + moves, labels

    def observe(self, memory: Mapping[str, Tensor], labels: Tensor, logits: Tensor, loss: Tensor) -> Tensors:
        """Return the memory after the learner's answer to a batch.

        Args:
            memory: before it.
            labels: of the batch, class indices `[B]` or probabilities `[B, K]`.
            logits: `[B, K]`.
            loss: a scalar.
        """
        seen = torch.cat([_mean_logits(labels, logits).flatten(), loss[None]])
        # A diverging learner's logits have no bound. x / (1 + |x|) stays within (-1, 1) and tells 10 from 100, where
        # tanh has long been flat; its slope only falls, so the adjoint of an exploding learner does not grow here.
        return {"hidden": self.remember(F.softsign(seen), memory["hidden"])}


def _mean_logits(labels: Tensor, logits: Tensor) -> Tensor:
    """Return the mean logits `[K, K]` of each label's examples, zeros for a label without any."""
    belongs = labels if labels.is_floating_point() else F.one_hot(labels, logits.shape[1]).to(logits.dtype)
    mean: Tensor = belongs.T @ logits / belongs.sum(0).clamp_min(1)[:, None]
    return mean
