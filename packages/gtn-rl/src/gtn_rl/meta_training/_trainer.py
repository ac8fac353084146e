"""The outer loop in a run directory: checkpoints, exact resume, metrics, stopping at a signal."""

from dataclasses import dataclass, field
from typing import Any

from gtn_core._parameter_average import ParameterAverage
from gtn_core.errors import DivergenceError, RunError
from gtn_core.runs import Checkpoint, MetricsLog, Progress, RunDirectory, SilentProgress, StopSignal
from gtn_rl.meta_training._settings import OuterLoop
from gtn_rl.meta_training._task import Outcome, Task

LONGEST_DIVERGENCE = 10
REAL_STEPS, VALIDATION_STEPS = "real_steps", "validation_steps"


@dataclass
class MetaTrainer:
    """Runs a task's outer steps.

    `real_steps` in the metrics counts the steps taken in the real environment from the start of the run on;
    `validation_steps` those for validation, which change nothing. What a killed process did after its last checkpoint
    is done again and counted once.

    Args:
        task: what is meta-trained.
        settings: of the outer loop.
        run: holds checkpoints and metrics; a checkpoint there is continued.
        stop: notices signals.
        progress: shows how far it is.
    """

    task: Task
    settings: OuterLoop
    run: RunDirectory
    stop: StopSignal = field(default_factory=StopSignal)
    progress: Progress = field(default_factory=SilentProgress)

    def __post_init__(self) -> None:
        self._average = ParameterAverage(self.task.meta_parameters, self.settings.averaging)
        self._notes = {"skipped_in_a_row": 0, REAL_STEPS: 0, VALIDATION_STEPS: 0}

    @property
    def real_steps(self) -> dict[str, int]:
        """Steps taken in the real environment so far: for meta-training, and for validation."""
        return {name: self._notes[name] for name in (REAL_STEPS, VALIDATION_STEPS)}

    def train(self, title: str = "meta-training") -> None:
        """Run to the end, from the last checkpoint if there is one, and leave the meta-parameters at their average.

        Raises:
            DivergenceError: ten outer steps in a row without a finite meta-gradient.
            RunStopped: a signal came in; a checkpoint is saved.
        """
        start, length = self._restore()
        self.progress.start(title, self.settings.steps, start)
        with MetricsLog(self.run.path, length, start) as log:
            for step in range(start, self.settings.steps):
                self.stop.check(lambda step=step: self._save(step, log))  # type: ignore[misc]
                figures = self._outer_step(step)
                log.write(step, figures)
                self.progress.advance(**{name: value for name, value in figures.items() if isinstance(value, float)})
                if self._due(step, self.settings.checkpoint_every):
                    self._save(step + 1, log)
        self._average.write()

    def _outer_step(self, step: int) -> dict[str, Any]:
        done = self.task.outer_step(step, self.settings.learning_rate_at(step))
        self._heed(step, done)
        self._average.update(step)
        self._notes[REAL_STEPS] += done.real_steps
        figures = {**done.figures, REAL_STEPS: self._notes[REAL_STEPS]}
        if self._due(step, self.settings.validate_every):
            with self._average.in_place():
                found = self.task.validate(step)
            self._notes[VALIDATION_STEPS] += found.real_steps
            figures |= found.figures
        return figures

    def _heed(self, step: int, done: Outcome) -> None:
        diverged = done.figures.get("gradient_norm", 0.0) is None
        self._notes["skipped_in_a_row"] = self._notes["skipped_in_a_row"] + 1 if diverged else 0
        if self._notes["skipped_in_a_row"] >= LONGEST_DIVERGENCE:
            raise DivergenceError(
                f"{LONGEST_DIVERGENCE} outer steps in a row had no finite meta-gradient, the last at outer step "
                f"{step}; lower outer.learning_rate or set outer.gradient_clip"
            )

    def _due(self, step: int, every: int) -> bool:
        return (step + 1) % every == 0 or step + 1 == self.settings.steps

    def _save(self, step: int, log: MetricsLog) -> None:
        notes = {**self._notes, "metrics_length": log.settle()}
        Checkpoint.of(step, self.task.state, self.task.optimizer, self._average.values, notes).save(
            self.run.checkpoints
        )

    def _restore(self) -> tuple[int, int]:
        """Return the step to go on from and the valid length of the metrics."""
        checkpoint = Checkpoint.latest(
            self.run.checkpoints, lambda path: self.progress.note(f"{path} is damaged; going on from the one before")
        )
        if checkpoint is None:
            return 0, 0
        missing = {*self._notes, "metrics_length"} - checkpoint.notes.keys()
        if missing:
            raise RunError(f"the checkpoint of step {checkpoint.step} lacks {', '.join(sorted(missing))}; delete it")
        checkpoint.restore(self.task.state, self.task.optimizer, self._average.values)
        self._notes = {name: checkpoint.notes[name] for name in self._notes}
        return checkpoint.step, checkpoint.notes["metrics_length"]
