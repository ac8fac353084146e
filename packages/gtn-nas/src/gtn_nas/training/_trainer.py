"""The loop: SGD with a cosine schedule, epoch after epoch, from wherever the last checkpoint was written.

Every random draw is named by (seed, epoch or step), so a killed training repeats the steps since its last checkpoint
and ends in the same bits.
"""

from dataclasses import dataclass, field
from math import isfinite
from time import perf_counter
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from gtn_core.data import Split
from gtn_core.errors import DivergenceError
from gtn_core.runs import Checkpoint, MetricsLog, Progress, RunDirectory, SilentProgress, StopSignal
from gtn_core.seeding import derive_seed, seeded
from gtn_core.typing import Batch
from gtn_nas.evaluation import judge
from gtn_nas.training._batches import EpochBatches
from gtn_nas.training._recipe import TrainingRecipe
from gtn_nas.training._state import EpochFigures, TrainingState


@dataclass
class Trainer:
    """Trains one network in one run directory.

    Args:
        network: fresh, on the device of the data.
        recipe: says how.
        batches: what it learns from.
        judged: images that judge it after every epoch; None for none.
        run: holds checkpoints and metrics; a checkpoint there is continued.
        seed: of dropout and drop-path.
        stop: notices signals.
        progress: shows how far it is.

    Attributes:
        milliseconds: spent up to the last checkpoint, without what a kill made it repeat.
    """

    network: nn.Module
    recipe: TrainingRecipe
    batches: EpochBatches
    judged: Split | None
    run: RunDirectory
    seed: int = 0
    stop: StopSignal = field(default_factory=StopSignal)
    progress: Progress = field(default_factory=SilentProgress)

    def __post_init__(self) -> None:
        recipe = self.recipe
        self.steps = recipe.epochs * self.batches.an_epoch
        self._parameters = list(self.network.parameters())
        self._device = self._parameters[0].device
        optimizer = torch.optim.SGD(
            self._parameters,
            recipe.learning_rate,
            momentum=recipe.momentum,
            nesterov=recipe.nesterov,
            weight_decay=recipe.weight_decay,
        )
        self.milliseconds = 0
        self._state = TrainingState(self.network, optimizer, EpochFigures.none(self._device))

    def train(self) -> None:
        """Go through all epochs, from the last checkpoint if there is one.

        Raises:
            DivergenceError: the loss is no longer finite.
            RunStopped: a signal came in; a checkpoint is saved.
        """
        start, length = self._restore()
        self._clock = perf_counter()
        self.progress.start("training", self.steps, start)
        with MetricsLog(self.run.path, length, start + 1) as log:
            for step in range(start, self.steps):
                self.stop.check(lambda step=step: self._save(step, log))  # type: ignore[misc]
                self._step(step, self.batches[step])
                figures: dict[str, Any] = {}
                if (step + 1) % self.batches.an_epoch == 0:
                    figures = self._end_epoch(step + 1)
                    log.write(step + 1, figures)
                if (step + 1) % self.recipe.checkpoint_every == 0 or step + 1 == self.steps:
                    self._save(step + 1, log)
                self.progress.advance(**{name: value for name, value in figures.items() if isinstance(value, float)})

    def _step(self, step: int, batch: Batch) -> None:
        optimizer = self._state.optimizer
        optimizer.param_groups[0]["lr"] = self.recipe.learning_rate_at(step / self.steps)
        self.network.train()
        self.recipe.prepare(self.network, (step + 1) / self.steps)
        mixed = self.recipe.mixed_precision and self._device.type == "cuda"
        with (
            seeded(derive_seed(self.seed, "step", step), self._device),
            torch.autocast(self._device.type, torch.bfloat16, enabled=mixed),
        ):
            heads = self.recipe.heads(self.network, batch.images)
        losses = [F.cross_entropy(head.logits.float(), batch.labels) for head in heads]
        optimizer.zero_grad()
        torch.stack([head.weight * loss for head, loss in zip(heads, losses, strict=True)]).sum().backward()
        if self.recipe.gradient_clip is not None:
            nn.utils.clip_grad_norm_(self._parameters, self.recipe.gradient_clip)
        optimizer.step()
        self._state.figures.add(heads[0].logits, batch.labels, losses[0])

    def _end_epoch(self, done: int) -> dict[str, Any]:
        """Return the figures of the epoch that ends, and begin another."""
        self._require_finite(done)
        figures, images = self._state.figures, self.batches.an_epoch * self.recipe.batch_size
        metrics: dict[str, Any] = {
            "epoch": done // self.batches.an_epoch,
            "learning_rate": self.recipe.learning_rate_at((done - 1) / self.steps),
            "train_loss": figures.loss.item() / images,
            "train_accuracy": figures.correct.item() / images,
        }
        figures.reset()
        found = judge(self.network, self.judged, "running") if self.judged else None
        if found and not found.finite:
            found = None  # it has an accuracy, which means nothing
        metrics["validation_loss"] = found.loss if found else None
        metrics["validation_accuracy"] = found.accuracy if found else None
        return metrics

    def _require_finite(self, done: int) -> None:
        if not isfinite(self._state.figures.loss.item()):
            epoch = (done - 1) // self.batches.an_epoch + 1
            raise DivergenceError(
                f"this network diverged: its training loss is not finite after step {done} of {self.steps}, in epoch "
                f"{epoch}. Lower learning_rate, or set gradient_clip, with --set and another --run-dir"
            )

    def _save(self, step: int, log: MetricsLog) -> None:
        self._require_finite(step)  # a checkpoint is something to go on from
        now = perf_counter()
        self.milliseconds += round(1000 * (now - self._clock))
        self._clock = now
        notes = {"metrics_length": log.settle(), "milliseconds": self.milliseconds}
        self._state.checkpoint(step, notes).save(self.run.checkpoints)

    def _restore(self) -> tuple[int, int]:
        """Return the step to go on from and the valid length of the metrics."""
        checkpoint = Checkpoint.resumed(self.run.checkpoints, ("metrics_length", "milliseconds"), self.progress)
        if checkpoint is None:
            return 0, 0
        self._state.restore(checkpoint)
        self.milliseconds = checkpoint.notes["milliseconds"]
        return checkpoint.step, checkpoint.notes["metrics_length"]
