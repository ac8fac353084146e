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

from gtn_core import _tree
from gtn_core._parameter_average import ParameterAverage
from gtn_core.data import RealData
from gtn_core.errors import DivergenceError, RankError, RunError
from gtn_core.evaluation import few_step_accuracy
from gtn_core.families import WeightedFamily, draw_learner
from gtn_core.meta_gradients import mean_meta_gradient
from gtn_core.meta_training._real_batches import RealBatches
from gtn_core.meta_training._settings import OuterLoop
from gtn_core.meta_training._together import Together
from gtn_core.ranks import Ranks
from gtn_core.runs import Checkpoint, MetricsLog, NoMetrics, Progress, RunDirectory, SilentProgress, StopSignal
from gtn_core.seeding import derive_seed, generator_for
from gtn_core.teacher import Arm
from gtn_core.typing import MetaBatches
from gtn_core.unroll import MetaGradient, Unroll

LONGEST_DIVERGENCE = 10


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
        self._notes = {"skipped": 0, "skipped_in_a_row": 0}

    def train(self, title: str = "meta-training") -> None:
        """Run the outer loop to its end, from the last checkpoint if there is one, and leave the arm the average.

        Raises:
            DivergenceError: ten non-finite meta-gradients in a row.
            RankError: another rank has ended; a checkpoint is saved.
            RunStopped: a signal came in; a checkpoint is saved.
        """
        start, length = self._restore()
        self.progress.start(title, self.settings.steps, start)
        with MetricsLog(self.run.path, length, start) if self.ranks.first else NoMetrics() as log:
            for step in range(start, self.settings.steps):
                self._together.check(lambda step=step: self._save(step, log))  # type: ignore[misc]
                try:
                    metrics = self._outer_step(step)
                except RankError:
                    self._save(step, log)  # nothing has moved since the step before
                    raise
                log.write(step, metrics)
                self.progress.advance(**{name: value for name, value in metrics.items() if isinstance(value, float)})
                if (step + 1) % self.settings.checkpoint_every == 0 or step + 1 == self.settings.steps:
                    self._save(step + 1, log)
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
        """Take one Adam step, or none where the meta-gradient is not finite."""
        rate = self.settings.learning_rate_at(step)
        norm = _tree.norm(found.gradients)
        if not _tree.all_finite([found.meta_loss, norm]):  # the norm too: a sum of finite squares may overflow
            self._notes["skipped"] += 1
            self._notes["skipped_in_a_row"] += 1
            if self._notes["skipped_in_a_row"] >= LONGEST_DIVERGENCE:
                raise DivergenceError(
                    f"{LONGEST_DIVERGENCE} meta-gradients in a row were not finite, the last at outer step {step}; the "
                    "parameters are as before them. Lower outer.learning_rate or the inner learning rate, or set "
                    "outer.gradient_clip"
                )
            return {"gradient_norm": None, "learning_rate": rate, "skipped": self._notes["skipped"]}
        self._notes["skipped_in_a_row"] = 0
        shrink = min(1.0, (self.settings.gradient_clip or float("inf")) / max(norm.item(), 1e-12))
        for parameter, gradient in zip(self._parameters, found.gradients, strict=True):
            parameter.grad = gradient * shrink if shrink < 1.0 else gradient
        for group in self._optimizer.param_groups:
            group["lr"] = rate
        self._optimizer.step()
        return {"gradient_norm": norm.item(), "learning_rate": rate, "skipped": self._notes["skipped"]}

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

    def _save(self, step: int, log: MetricsLog | NoMetrics) -> None:
        if not self.ranks.first:
            return
        notes = {**self._notes, "metrics_length": log.settle()}
        Checkpoint.of(step, self.arm, self._optimizer, self._average.values, notes).save(self.run.checkpoints)

    def _restore(self) -> tuple[int, int]:
        """Return the step to go on from and the valid length of the metrics; all ranks have rank 0's state then."""
        step, length = self._restore_checkpoint() if self.ranks.first else (0, 0)
        if self.ranks.alone:
            return step, length
        notes = {**self._notes, "metrics_length": length}
        state = self._together.state(Checkpoint.of(step, self.arm, self._optimizer, self._average.values, notes))
        state.restore(self.arm, self._optimizer, self._average.values)
        self._notes = {name: state.notes[name] for name in self._notes}
        return state.step, length

    def _restore_checkpoint(self) -> tuple[int, int]:
        checkpoint = Checkpoint.latest(
            self.run.checkpoints, lambda path: self.progress.note(f"{path} is damaged; going on from the one before")
        )
        if checkpoint is None:
            return 0, 0
        missing = {*self._notes, "metrics_length"} - checkpoint.notes.keys()
        if missing:
            raise RunError(f"the checkpoint of step {checkpoint.step} lacks {', '.join(sorted(missing))}; delete it")
        checkpoint.restore(self.arm, self._optimizer, self._average.values)
        self._notes = {name: checkpoint.notes[name] for name in self._notes}
        return checkpoint.step, checkpoint.notes["metrics_length"]
