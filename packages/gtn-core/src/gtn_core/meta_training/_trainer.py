"""The outer loop: Adam on the meta-parameters of an arm, one fresh learner (or a few) at every step.

Source: Such et al. (2020), section 2 (a new learner in every outer iteration, meta-loss on real training data) and
the settings of appendix A. Every random draw is named by (seed, outer step, learner, inner step), so a resumed run
needs nothing but the last checkpoint, and it makes no difference to a learner which rank draws it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from math import isfinite
from typing import Any

import torch
from torch import Tensor

from gtn_core import _tree
from gtn_core._parameter_average import ParameterAverage
from gtn_core.data import RealData
from gtn_core.errors import RankError
from gtn_core.evaluation import few_step_accuracy
from gtn_core.families import WeightedFamily, draw_learner
from gtn_core.meta_gradients import mean_meta_gradient
from gtn_core.meta_training._real_batches import RealBatches
from gtn_core.meta_training._settings import OuterLoop
from gtn_core.meta_training._together import Together
from gtn_core.ranks import Ranks
from gtn_core.runs import (
    GradientGuard,
    LoopState,
    MetricsLog,
    NoMetrics,
    Progress,
    RunDirectory,
    SilentProgress,
    StopSignal,
)
from gtn_core.seeding import derive_seed, generator_for
from gtn_core.teacher import Arm
from gtn_core.typing import MetaBatches
from gtn_core.unroll import MetaGradient, Unroll


@dataclass
class MetaTrainer:
    """Meta-trains one arm in one run directory.

    Args:
        arm: whose parameters are learnt; a teacher, or real data with an inner optimizer to be learnt.
        data: real data, on the arm's device and in its normalisation.
        families: where the learners come from.
        settings: of the outer loop.
        run: holds checkpoints and metrics; a checkpoint there is continued.
        seed: of everything random.
        stop: notices signals.
        progress: shows how far it is.
        ranks: the processes that share an outer step's learners; the first alone uses `run`.
    """

    arm: Arm
    data: RealData
    families: Sequence[WeightedFamily]
    settings: OuterLoop
    run: RunDirectory
    seed: int = 0
    stop: StopSignal = field(default_factory=StopSignal)
    progress: Progress = field(default_factory=SilentProgress)
    ranks: Ranks = field(default_factory=Ranks)

    def __post_init__(self) -> None:
        self.data.require_batch(self.settings.real_batch)
        self._parameters = list(self.arm.parameters())
        self._optimizer = torch.optim.Adam(
            self._parameters, self.settings.learning_rate, betas=self.settings.betas, eps=self.settings.eps
        )
        self._average = ParameterAverage(self._parameters, self.settings.averaging)
        self._estimator = self.settings.estimator.build(self.settings.memory)
        self._together = Together(self.ranks, self.stop)
        self._guard = GradientGuard()
        self._state = LoopState(
            self.arm,
            self._optimizer,
            self._average.values,
            self._guard,
            self.run,
            every=self.settings.checkpoint_every,
            rollback_factor=self.settings.rollback_factor,
            ranks=self.ranks,
        )

    def train(self, title: str = "meta-training") -> None:
        """Run the outer loop to its end, from the last checkpoint if there is one, and leave the arm the average.

        Raises:
            DivergenceError: ten meta-gradients in a row that are not finite or have exploded.
            RankError: another rank has ended; a checkpoint is saved.
            RunStopped: a signal came in; a checkpoint is saved.
        """
        start, length = self._state.restore(self.progress)
        self.progress.start(title, self.settings.steps, start)
        with MetricsLog(self.run.path, length, start) if self.ranks.first else NoMetrics() as log:
            for step in range(start, self.settings.steps):
                self._together.check(lambda step=step: self._state.save(step, log))  # type: ignore[misc]
                try:
                    metrics = self._outer_step(step)
                except RankError:
                    self._state.save(step, log)  # nothing has moved since the step before
                    raise
                log.write(step, metrics)
                self.progress.advance(**{name: value for name, value in metrics.items() if isinstance(value, float)})
                if (step + 1) % self.settings.checkpoint_every == 0 or step + 1 == self.settings.steps:
                    self._state.save(step + 1, log)
        self._average.write()

    def _outer_step(self, step: int) -> dict[str, Any]:
        own = self.ranks.share(self.settings.learners)
        found = mean_meta_gradient(self._estimator, self._unrolls(step, own), self._parameters) if own else None
        found = self._together.mean(found, self._parameters, len(own) / self.settings.learners)
        loss = found.meta_loss.item() / len(self._judged_steps())
        metrics: dict[str, Any] = {"meta_loss": loss if isfinite(loss) else None}
        metrics |= self._update(step, found)
        self._average.update(step)
        if (step + 1) % self.settings.validate_every == 0 or step + 1 == self.settings.steps:
            metrics |= self._validate(step) if self.ranks.first else {}
        return metrics

    def _unrolls(self, step: int, indices: range) -> Iterator[tuple[Unroll, MetaBatches]]:
        """Draw the learners of these indices, the same whoever draws them."""
        for index in indices:
            generator = generator_for(self.seed, "learner", step, index)
            learner = draw_learner(self.families, self.data.image_shape, self.data.classes, generator)
            unroll = self.arm.unroll(
                learner.to(self._parameters[0].device), derive_seed(self.seed, "unroll", step, index)
            )
            batches = RealBatches(
                self.data, self.settings, self._judged_steps(), derive_seed(self.seed, "real", step, index)
            )
            yield replace(unroll, **self.settings.unroll_options()), batches

    def _judged_steps(self) -> frozenset[int]:
        every = self.settings.intermediate_every or self.arm.steps
        return frozenset({*range(every, self.arm.steps, every), self.arm.steps})

    def _update(self, step: int, found: MetaGradient) -> dict[str, Any]:
        """Take one Adam step, or none where the meta-gradient is not finite or has exploded."""
        rate = self.settings.learning_rate_at(step) * self._state.learning_rate_factor
        norm = _tree.norm(found.gradients)  # the norm too: a sum of finite squares may overflow
        usable = _tree.all_finite([found.meta_loss, norm]) and self._guard.admits(norm.item())
        if usable:
            self._follow(found.gradients, norm.item(), rate)
            self._state.followed(step)
        else:
            self._state.diverged(step)
        return {"gradient_norm": norm.item() if usable else None, "learning_rate": rate, **self._state.figures}

    def _follow(self, gradients: Sequence[Tensor], norm: float, rate: float) -> None:
        shrink = min(1.0, (self.settings.gradient_clip or float("inf")) / max(norm, 1e-12))
        for parameter, gradient in zip(self._parameters, gradients, strict=True):
            parameter.grad = gradient * shrink if shrink < 1.0 else gradient
        for group in self._optimizer.param_groups:
            group["lr"] = rate
        self._optimizer.step()

    def _validate(self, step: int) -> dict[str, float]:
        seed = derive_seed(self.seed, "validation", step)
        count = self.settings.validation_learners
        with self._average.in_place():
            found = few_step_accuracy(self.arm, self.families, self.data, count, seed, split="validation")
        return {
            "validation_accuracy": found.mean,
            "validation_accuracy_low": found.low,
            "validation_accuracy_high": found.high,
        }
