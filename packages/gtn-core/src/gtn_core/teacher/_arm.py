"""What every way of training a learner for T steps has in common."""

from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn

from gtn_core.functional_learner import FunctionalLearner
from gtn_core.inner_optimizers import SGD, Adam
from gtn_core.typing import Batch, BatchFunction, BatchNormMode, ClosedLoop
from gtn_core.unroll import State, Unroll


class Arm(nn.Module, ABC):
    """A source of batches and an inner optimizer; its parameters are the meta-parameters.

    A teacher is one arm of a comparison, real data at equal steps another.

    Attributes:
        steps: T.
        classes: number of labels.
        inner_optimizer: makes the learner's updates.
        batch_norm: what the learner's batch norm uses on real data.
    """

    steps: int
    classes: int
    inner_optimizer: SGD | Adam
    batch_norm: BatchNormMode

    @abstractmethod
    def batch(self, step: int, seed: int) -> Batch:
        """Return the batch of inner step `step`; the same for the same seed."""

    def source(self, seed: int) -> BatchFunction | ClosedLoop:
        """Return where an unroll has its batches from."""
        return lambda step: self.batch(step, seed)

    def unroll(self, learner: nn.Module, seed: int, steps: int | None = None) -> Unroll:
        """Return the inner loop of one learner, not yet run.

        Args:
            learner: the network; it is read, never changed.
            seed: of all that is random within the unroll.
            steps: how many inner steps, T unless given.
        """
        functional = FunctionalLearner(learner, self.batch_norm, self.classes)
        count = self.steps if steps is None else steps
        return Unroll(functional, count, self.source(seed), self.inner_optimizer, seed)

    def teach(self, learner: nn.Module, *, seed: int = 0, steps: int | None = None) -> None:
        """Train a network in place and leave it in evaluation mode.

        With batch-norm mode `last_synthetic_batch` the statistics of the last batch are left in the network's running
        statistics, so that plain `learner(images)` is what few-step accuracy measures. Mode `batch` is the exception:
        there each evaluation batch brings its own statistics, which a plain network in evaluation mode does not do.

        Args:
            learner: any `nn.Module` from images `[B, C, H, W]` to logits `[B, K]`. It should be fresh, as those met
                in meta-training were.
            seed: of all that is random within the unroll.
            steps: how many inner steps, T unless given; steps beyond the schedule hold its last learning rate and
                momentum.

        Raises:
            LearnerError: the network cannot be run on the images; it is left as it was.
        """
        training = learner.training
        try:
            state = self.unroll(learner, seed, steps).run()
        except BaseException:
            learner.train(training)
            raise
        _write(learner, state)
        learner.eval()


@torch.no_grad()
def _write(learner: nn.Module, state: State) -> None:
    named: dict[str, Tensor] = {**dict(learner.named_parameters()), **dict(learner.named_buffers())}
    # Later groups win: the last batch's statistics replace the running ones.
    for name, value in {**state.parameters, **state.buffers, **state.statistics}.items():
        named[name].copy_(value)
