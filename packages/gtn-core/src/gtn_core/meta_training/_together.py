"""What the ranks of an outer loop do together: one mean meta-gradient a step, one step to stop at."""

import signal
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from gtn_core.ranks import Ranks
from gtn_core.runs import RunStopped, StopSignal
from gtn_core.unroll import MetaGradient

SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Together:
    """Keeps the ranks at the same parameters and the same step; a rank that is alone pays nothing for it.

    Args:
        ranks: who takes part.
        stop: of this rank.
    """

    def __init__(self, ranks: Ranks, stop: StopSignal) -> None:
        self._ranks, self._stop = ranks, stop
        self._signal: int | None = None

    def check(self, save: Callable[[], None]) -> None:
        """Raise `RunStopped`, after saving, if a signal has come in: alone at once, else where all ranks know of it."""
        if self._ranks.alone:
            self._stop.check(save)
        elif self._signal is not None:
            save()
            raise RunStopped(self._signal)

    def mean(self, found: MetaGradient | None, parameters: Sequence[Tensor], share: float) -> MetaGradient:
        """Return the mean over the learners of all ranks.

        Args:
            found: the mean over this rank's learners; None where it has none.
            parameters: the meta-parameters.
            share: this rank's learners in all learners.

        Raises:
            RankError: another rank has ended.
        """
        if self._ranks.alone:
            assert found is not None
            return found
        own = [found.meta_loss, *found.gradients] if found else [torch.zeros_like(parameters[0].sum())]
        own += [] if found else [torch.zeros_like(parameter) for parameter in parameters]
        # Signals reach the ranks at different moments; sent along, they take effect after the same step on all.
        received = self._received()
        asked = torch.tensor([float(received == number) for number in SIGNALS]).to(own[0])
        loss, *gradients, heard = self._ranks.sum([*(one.detach() * share for one in own), asked])
        self._signal = next((number for number, count in zip(SIGNALS, heard.tolist(), strict=True) if count), None)
        return MetaGradient(loss, gradients)

    def _received(self) -> int | None:
        try:
            self._stop.check()
        except RunStopped as stopped:
            return stopped.exit_code - 128
        return None
