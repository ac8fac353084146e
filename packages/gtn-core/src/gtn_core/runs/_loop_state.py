"""The state of an outer loop: saved, restored, and taken back to where it was last good.

A loop that rolls back goes to the last checkpoint of a whole number of `every` steps, or to its start. It never goes to
one that a signal had it save in between, so that a run which was stopped still ends in the bits of one which was not.
"""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from gtn_core import _tree
from gtn_core.errors import DivergenceError
from gtn_core.ranks import Ranks
from gtn_core.runs._checkpoint import Checkpoint
from gtn_core.runs._directory import RunDirectory
from gtn_core.runs._gradient_guard import GradientGuard
from gtn_core.runs._metrics import MetricsLog, NoMetrics
from gtn_core.runs._progress import Progress

LONGEST_DIVERGENCE = 10
SKIPPED, IN_A_ROW, ROLLBACKS, METRICS_LENGTH = "skipped", "skipped_in_a_row", "rollbacks", "metrics_length"


class LoopState:
    """All that outer steps change, and what is done where one goes wrong.

    Args:
        module: its parameters.
        optimizer: of them.
        average: tensors that follow them.
        guard: judges meta-gradients.
        run: holds checkpoints.
        every: outer steps between two checkpoints.
        rollback_factor: a step that goes wrong takes the state back to where it was last good, and this share of the
            learning rate is left from then on; None leaves the state as it was before that step.
        counted: names of what else is counted, from 0.
        ranks: the processes that are at the same state; the first alone reads and writes the run.

    Attributes:
        counts: by name; kept in checkpoints.
    """

    def __init__(
        self,
        module: nn.Module,
        optimizer: torch.optim.Optimizer,
        average: Sequence[Tensor],
        guard: GradientGuard,
        run: RunDirectory,
        *,
        every: int,
        rollback_factor: float | None,
        counted: Sequence[str] = (),
        ranks: Ranks | None = None,
    ) -> None:
        self.module, self.optimizer, self.average, self.guard = module, optimizer, average, guard
        self.folder, self.every, self.rollback_factor = run.checkpoints, every, rollback_factor
        self.ranks = ranks or Ranks()
        self.counts = dict.fromkeys((SKIPPED, IN_A_ROW, ROLLBACKS, *counted), 0)
        self._good = self._checkpoint(0).copy() if rollback_factor is not None else None

    @property
    def learning_rate_factor(self) -> float:
        """What is left of the learning rate."""
        return 1.0 if self.rollback_factor is None else self.rollback_factor ** self.counts[ROLLBACKS]

    @property
    def figures(self) -> Mapping[str, int]:
        """How often a step went wrong so far, for the metrics."""
        shown = (SKIPPED,) if self.rollback_factor is None else (SKIPPED, ROLLBACKS)
        return {name: self.counts[name] for name in shown}

    def save(self, step: int, log: MetricsLog | NoMetrics) -> None:
        """Write a checkpoint.

        Raises:
            RunError: it cannot be written; those before it are left.
        """
        checkpoint = self._checkpoint(step, **{METRICS_LENGTH: log.settle()})
        if self.ranks.first:
            checkpoint.save(self.folder, self.every)
        if self._good and step % self.every == 0:
            self._good = checkpoint.copy()

    def restore(self, progress: Progress) -> tuple[int, int]:
        """Return the step to go on from and the valid length of the metrics; tell of checkpoints that are damaged.

        Raises:
            RankError: another rank has ended.
            RunError: the checkpoint belongs to another kind of run.
        """
        checkpoint = Checkpoint.resumed(self.folder, (METRICS_LENGTH,), progress) if self.ranks.first else None
        if self.ranks.alone and checkpoint is None:
            return 0, 0
        start = checkpoint or self._checkpoint(0, **{METRICS_LENGTH: 0})
        state = start if self.ranks.alone else start.of_first(self.ranks)
        self._put(state)
        self.counts = {name: state.notes.get(name, 0) for name in self.counts}
        if "guard" in state.tensors:  # older versions had none
            self.guard.memory.copy_(state.tensors["guard"])
        if self._good:
            good = self._last_regular() or self._good
            self._good = good if self.ranks.alone else good.of_first(self.ranks)
        return state.step, state.notes[METRICS_LENGTH]

    def _last_regular(self) -> Checkpoint | None:
        if not self.ranks.first:
            return None
        return Checkpoint.latest(self.folder, wanted=lambda step: step % self.every == 0)

    def followed(self, step: int) -> None:
        """Take note of an outer step that followed its meta-gradient.

        Raises:
            DivergenceError: it made a parameter that is not finite, and there is no rolling back.
        """
        if _tree.all_finite(self.module.parameters()):
            self.counts[IN_A_ROW] = 0
            return
        if self._good is None:
            raise DivergenceError(
                f"outer step {step} made parameters that are not finite; the last checkpoint is of before. Lower "
                "outer.learning_rate, or set outer.rollback_factor, and start again with another --run-dir"
            )
        self.diverged(step)

    def diverged(self, step: int) -> None:
        """Take note of an outer step without a meta-gradient to follow, and roll back where that is wanted.

        Raises:
            DivergenceError: too many of them in a row.
        """
        self.counts[SKIPPED] += 1
        self.counts[IN_A_ROW] += 1
        if self.counts[IN_A_ROW] >= LONGEST_DIVERGENCE:
            raise DivergenceError(
                f"{LONGEST_DIVERGENCE} meta-gradients in a row were not finite or had exploded, the last at outer step "
                f"{step}; the parameters are as before them. Lower outer.learning_rate or the inner learning rate, or "
                "set outer.gradient_clip"
            )
        if self._good:
            self.counts[ROLLBACKS] += 1
            self._put(self._good.copy())

    def _put(self, checkpoint: Checkpoint) -> None:
        checkpoint.restore(self.module, self.optimizer, self.average)

    def _checkpoint(self, step: int, **more: int) -> Checkpoint:
        found = Checkpoint.of(step, self.module, self.optimizer, self.average, {**self.counts, **more})
        return Checkpoint(step, {**found.tensors, "guard": self.guard.memory}, found.notes)
