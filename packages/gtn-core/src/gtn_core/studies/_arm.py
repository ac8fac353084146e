"""One arm of a study and one run of it, addressed by what it is made of.

A run's address is a digest of its resolved configuration, so studies that need the same arm share it, and a study that
was stopped goes on where it was.
"""

import json
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from statistics import mean
from typing import Any, Literal

from filelock import FileLock

from gtn_core.__about__ import __version__
from gtn_core.errors import DivergenceError, RunError
from gtn_core.evaluation import RealDataArm
from gtn_core.meta_training import OuterLoop
from gtn_core.recipes import Recipe, Training
from gtn_core.runs import Progress, RunDirectory, read_metrics, write_atomically
from gtn_core.teacher import GeneratorSpecification, Teacher

WORDS = {"description", "cost", "reaches"}
DIVERGED = "diverged.json"
LAST_SHARE = 10
"""The final meta-loss is the mean over the last tenth of the outer steps."""


@dataclass(frozen=True)
class StudyArm:
    """An arm before any seed.

    Args:
        name: short, for commands.
        label: for people.
        recipe: how it is meta-trained and measured.
        source: what the recipe is followed for: its teacher, what that one starts from, or its real-data arm.
    """

    name: str
    label: str
    recipe: Recipe
    source: Literal["teacher", "warm_start", "real_data"] = "teacher"

    def resolved(self) -> Recipe:
        """Return the recipe without what has no effect on this arm, so that equal arms have equal addresses."""
        if self.source == "teacher":
            return self.recipe.model_copy(update={"real_data_arm": None})
        if self.source == "warm_start":
            return self.recipe.model_copy(update={"real_data_arm": None, "outer": OuterLoop(steps=1)})
        plain = {"generator": GeneratorSpecification(), "curriculum": "full"}
        teacher = self.recipe.teacher.model_copy(update=plain)
        return self.recipe.model_copy(update={"warm_start": None, "teacher": teacher})


@dataclass(frozen=True)
class ArmRun:
    """One seed of an arm.

    Args:
        arm: what is run.
        seed: of everything random.
        store: folder that holds the runs of all studies.
        data: real data in place of the recipe's.
        device: where to compute.
        threads: CPU threads.
    """

    arm: StudyArm
    seed: int
    store: Path
    data: str | None = None
    device: str = "cpu"
    threads: int = 1

    @property
    def digest(self) -> str:
        """The run's address."""
        content = {
            # Without defaults, so that an option which a later version adds leaves the addresses as they are.
            "recipe": self.arm.resolved().model_dump(mode="json", exclude=WORDS, exclude_defaults=True),
            "source": self.arm.source,
            "seed": self.seed,
            "data": self.data,
            "version": __version__,
        }
        return blake2b(json.dumps(content, sort_keys=True).encode(), digest_size=8).hexdigest()

    @property
    def path(self) -> Path:
        """The run's directory."""
        return self.store / self.digest

    @property
    def finished(self) -> bool:
        """Whether it has been through to its end, good or bad."""
        return (self.path / DIVERGED).is_file() or RunDirectory(self.path).finished

    @property
    def steps(self) -> int:
        """Outer steps it takes."""
        recipe = self.arm.resolved()
        if self.arm.source == "teacher":
            return recipe.outer.steps
        if self.arm.source == "warm_start":
            return 0
        return recipe.real_data_arm.steps if recipe.real_data_arm else 0

    def steps_done(self) -> int:
        """Return how many outer steps are in its metrics by now."""
        try:
            return (self._metrics_folder / "metrics.jsonl").read_bytes().count(b"\n")
        except OSError:
            return 0

    def follow(self, progress: Progress | None = None) -> None:
        """Make the run, or go on with it; nothing happens where it is finished.

        Raises:
            RunStopped: a signal came in; what is done is saved.
            GTNError: the recipe cannot be followed here.
        """
        self.store.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{self.path}.lock"):  # another study may be at it
            if self.finished:
                return
            recipe = self.arm.resolved()
            settings = {"seed": self.seed, "device": self.device, "threads": self.threads, "data": self.data}
            training = self._training(progress)
            configuration = {"recipe": recipe.model_dump(mode="json"), **settings}
            run = RunDirectory.start(self.path, configuration, resume=True)
            try:
                training.run(run, [self.arm.source])
            except DivergenceError as error:
                text = json.dumps({"diverged": str(error)}) + "\n"
                write_atomically(self.path / DIVERGED, lambda partial: partial.write_text(text))

    def outcome(self) -> "Outcome":
        """Return what was measured at the end of a finished run."""
        metrics = read_metrics(self._metrics_folder / "metrics.jsonl")
        losses = [step.meta_loss for step in metrics[-max(1, len(metrics) // LAST_SHARE) :]]
        known = [loss for loss in losses if loss is not None]
        validation = [
            (step.step + 1, step.validation_accuracy) for step in metrics if step.validation_accuracy is not None
        ]
        if (self.path / DIVERGED).is_file():
            return Outcome(self, None, None, validation, None)
        result = RunDirectory(self.path).result()
        try:
            accuracies = result["arms"][self.arm.source]["accuracies"]
            measured = [] if self.arm.source == "warm_start" else result["curves"][self.arm.source]
        except KeyError as error:
            raise RunError(f"{self.path} is damaged: its result lacks {error}; delete it to make it again") from error
        curve = [point["mean"] for point in measured] or None
        return Outcome(self, accuracies, curve, validation, mean(known) if known else None)

    def teacher(self) -> Teacher:
        """Return the meta-trained teacher, or what it starts from where that is the arm.

        Raises:
            TeacherError: it is damaged, or was never made.
        """
        return Teacher.from_pretrained(self.path / self.arm.source).to(self.device)

    def real_data(self) -> RealDataArm:
        """Return real data with the inner optimizer that was meta-trained for them."""
        return self._training().meta_trained_real_data(RunDirectory.existing(self.path))

    def _training(self, progress: Progress | None = None) -> Training:
        recipe = self.arm.resolved()
        return Training(recipe, seed=self.seed, device=self.device, source=self.data, progress=progress)

    @property
    def _metrics_folder(self) -> Path:
        return self.path / "real_data" if self.arm.source == "real_data" else self.path


@dataclass(frozen=True)
class Outcome:
    """What one run came to.

    Attributes:
        run: which.
        accuracies: few-step test accuracy of its fresh learners; None where it diverged.
        curve: mean test accuracy after 0 ... T inner steps; None where it diverged, and of a warm start.
        validation: outer steps done, and few-step validation accuracy then.
        meta_loss: mean over the last tenth of the outer steps; None where it diverged, and of a warm start.
    """

    run: ArmRun
    accuracies: list[float] | None
    curve: list[float] | None
    validation: list[tuple[int, float]]
    meta_loss: float | None

    @property
    def accuracy(self) -> float | None:
        """Mean over the learners."""
        return mean(self.accuracies) if self.accuracies else None

    def content(self) -> dict[str, Any]:
        """Return all of it for `study.json`."""
        return {
            "arm": self.run.arm.name,
            "seed": self.run.seed,
            "digest": self.run.digest,
            "accuracy": self.accuracy,
            "accuracies": self.accuracies,
            "curve": self.curve,
            "validation": self.validation,
            "meta_loss": self.meta_loss,
        }
