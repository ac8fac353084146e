"""The outer loop in a run directory: checkpoints, exact resume, metrics, stopping at a signal."""

from dataclasses import dataclass, field
from typing import Any

from gtn_core._parameter_average import ParameterAverage
from gtn_core.runs import LoopState, MetricsLog, Progress, RunDirectory, SilentProgress, StopSignal
from gtn_rl.meta_training._settings import OuterLoop
from gtn_rl.meta_training._task import Task

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
        self._state = LoopState(
            self.task.state,
            self.task.optimizer,
            self._average.values,
            self.task.guard,
            self.run,
            every=self.settings.checkpoint_every,
            rollback_factor=self.settings.rollback_factor,
            counted=(REAL_STEPS, VALIDATION_STEPS),
        )

    @property
    def real_steps(self) -> dict[str, int]:
        """Steps taken in the real environment so far: for meta-training, and for validation."""
        return {name: self._state.counts[name] for name in (REAL_STEPS, VALIDATION_STEPS)}

    def train(self, title: str = "meta-training") -> None:
        """Run to the end, from the last checkpoint if there is one, and leave the meta-parameters at their average.

        Raises:
            DivergenceError: ten outer steps in a row without a meta-gradient to follow.
            RunStopped: a signal came in; a checkpoint is saved.
        """
        start, length = self._state.restore(self.progress)
        self.progress.start(title, self.settings.steps, start)
        with MetricsLog(self.run.path, length, start) as log:
            for step in range(start, self.settings.steps):
                self.stop.check(lambda step=step: self._state.save(step, log))  # type: ignore[misc]
                figures = self._outer_step(step)
                log.write(step, figures)
                self.progress.advance(**{name: value for name, value in figures.items() if isinstance(value, float)})
                if self._due(step, self.settings.checkpoint_every):
                    self._state.save(step + 1, log)
        self._average.write()

    def _outer_step(self, step: int) -> dict[str, Any]:
        counts = self._state.counts
        rate = self.settings.learning_rate_at(step) * self._state.learning_rate_factor
        done = self.task.outer_step(step, rate)
        counts[REAL_STEPS] += done.real_steps
        if done.figures.get("gradient_norm", 0.0) is None:
            self._state.diverged(step)
        else:
            self._state.followed(step)
        self._average.update(step)
        figures = {**done.figures, **self._state.figures, REAL_STEPS: counts[REAL_STEPS]}
        if self._due(step, self.settings.validate_every):
            with self._average.in_place():
                found = self.task.validate(step)
            counts[VALIDATION_STEPS] += found.real_steps
            figures |= found.figures
        return figures

    def _due(self, step: int, every: int) -> bool:
        return (step + 1) % every == 0 or step + 1 == self.settings.steps
