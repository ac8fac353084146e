"""Follow a recipe: real data, warm start, meta-training, the real-data arm, evaluation; each stage can be resumed."""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from gtn_core.data import RealData
from gtn_core.evaluation import FewStepAccuracy, RealDataArm, accuracy_curve, few_step_accuracy
from gtn_core.inner_optimizers import SGD
from gtn_core.meta_training import MetaTrainer
from gtn_core.recipes._recipe import Recipe
from gtn_core.runs import Progress, RunDirectory, SilentProgress, StopSignal, write_atomically
from gtn_core.teacher import Arm, RecordedAccuracy, Teacher, TeacherCard
from gtn_core.warm_start import warm_start

EVALUATION_SEED = 0
"""The same for all runs, so that figures of different seeds are of the same fresh learners."""


def train(
    recipe: Recipe,
    run: RunDirectory,
    *,
    seed: int = 0,
    device: str = "cpu",
    source: str | None = None,
    progress: Progress | None = None,
    stop: StopSignal | None = None,
) -> dict[str, Any]:
    """Meta-train and measure a teacher; leaves it in `run.path / "teacher"`.

    Args:
        recipe: what to do.
        run: where to do it; what is done there already is not done again.
        seed: of everything random.
        device: where to compute.
        source: real data in place of the recipe's.
        progress: shows how far it is.
        stop: notices signals.

    Returns:
        The content of `evaluation.json`: few-step test accuracy of every arm.

    Raises:
        RunStopped: a signal came in; what is done is saved.
    """
    return _Training(recipe, run, seed, device, source, progress or SilentProgress(), stop or StopSignal()).follow()


@dataclass
class _Training:
    recipe: Recipe
    run: RunDirectory
    seed: int
    device: str
    source: str | None
    progress: Progress
    stop: StopSignal

    def follow(self) -> dict[str, Any]:
        self.families = [learner.resolve() for learner in self.recipe.learners]
        self.data = self._load()
        arms: dict[str, Arm] = {"untrained": self._teacher()}
        teacher = self._teacher()
        if self.recipe.warm_start:
            self._warm_start(teacher)
            arms["warm_start"] = self._warm_teacher()
        self._trainer(teacher, self.run, self.recipe).train("meta-training")
        real_data = RealDataArm.beside(self.recipe.teacher, self.data.train, self.data.classes).to(self.device)
        if self.recipe.real_data_arm:
            self._trainer(real_data, self.run.child("real_data"), self._real_data_recipe()).train("real-data arm")
        result = self._evaluate({"teacher": teacher, "real_data": real_data, **arms})
        self._save(teacher, result)
        return result

    def _load(self) -> RealData:
        wanted = self.recipe.data
        data = RealData.load(
            self.source or wanted.source,
            validation=wanted.validation,
            test=wanted.test,
            label_column=wanted.label_column,
            device=self.device,
        )
        data.require_batch(max(self.recipe.outer.real_batch, self.recipe.teacher.batch))
        return data

    def _teacher(self) -> Teacher:
        return Teacher(
            self.recipe.teacher,
            image_shape=self.data.image_shape,
            class_names=self.data.class_names,
            normalization=self.data.normalization,
            seed=self.seed,
        ).to(self.device)

    def _warm_start(self, teacher: Teacher) -> None:
        """Fit, or read back what was fitted before the run was stopped."""
        settings = self.recipe.warm_start
        assert settings is not None
        if (self._warm_folder / "README.md").is_file():  # written last
            teacher.load_state_dict(self._warm_teacher().state_dict())
            return
        self.progress.start("warm start", settings.steps)

        def on_step(loss: float) -> None:
            self.progress.advance(mean_squared_error=loss)
            self.stop.check()

        warm_start(
            teacher,
            self.data.train,
            steps=settings.steps,
            learning_rate=settings.learning_rate,
            seed=self.seed,
            on_step=on_step,
        )
        teacher.save_pretrained(self._warm_folder)

    @property
    def _warm_folder(self) -> Path:
        return self.run.path / "warm_start"

    def _warm_teacher(self) -> Teacher:
        return Teacher.from_pretrained(self._warm_folder).to(self.device)

    def _trainer(self, arm: Arm, run: RunDirectory, recipe: Recipe) -> MetaTrainer:
        return MetaTrainer(arm, self.data, self.families, recipe.outer, run, self.seed, self.stop, self.progress)

    def _real_data_recipe(self) -> Recipe:
        assert self.recipe.real_data_arm is not None
        outer = self.recipe.outer.model_copy(update=dict(self.recipe.real_data_arm))
        return self.recipe.model_copy(update={"outer": outer})

    def _evaluate(self, arms: dict[str, Arm]) -> dict[str, Any]:
        wanted = self.recipe.evaluation
        self.progress.start("few-step test accuracy", wanted.learners * len(arms))
        found = {name: self._few_step_accuracy(arm) for name, arm in arms.items()}
        shown = {name: arms[name] for name in ("teacher", "real_data")}
        some = replace(self.data, test=self.data.test.sample(wanted.curve_images))
        curves = {}
        for name, arm in shown.items():
            self.stop.check()
            curves[name] = accuracy_curve(arm, self.families, some, wanted.curve_learners, EVALUATION_SEED)
        return {
            "arms": {name: vars(accuracy) for name, accuracy in found.items()},
            "curves": {name: [_interval(point) for point in curve] for name, curve in curves.items()},
            "schedules": {name: _schedules(arm) for name, arm in shown.items()},
            "learners": [learner.family for learner in self.recipe.learners],
            "count": wanted.learners,
            "seed": EVALUATION_SEED,
            "split": "test",
        }

    def _few_step_accuracy(self, arm: Arm) -> FewStepAccuracy:
        def on_learner(accuracy: float) -> None:
            self.progress.advance(accuracy=accuracy)
            self.stop.check()

        count = self.recipe.evaluation.learners
        return few_step_accuracy(arm, self.families, self.data, count, EVALUATION_SEED, on_learner=on_learner)

    def _save(self, teacher: Teacher, result: dict[str, Any]) -> None:
        measured = {key: result["arms"]["teacher"][key] for key in ("mean", "low", "high")}
        teacher.card = TeacherCard(
            recipe=self.recipe.name,
            data=self._data_id(),
            learners=self.recipe.learners,
            few_step_accuracy=RecordedAccuracy(**measured, count=result["count"], seed=result["seed"]),
        )
        teacher.save_pretrained(self.run.path / "teacher")
        # Written last: a run with this file is finished.
        text = json.dumps(result, indent=2) + "\n"
        write_atomically(self.run.result_path, lambda partial: partial.write_text(text))

    def _data_id(self) -> str | None:
        """What others can find the data by; a path on this machine means nothing to them."""
        source = self.source or self.recipe.data.source
        return None if Path(source).exists() else source


def _interval(accuracy: FewStepAccuracy) -> dict[str, float]:
    return {"mean": accuracy.mean, "low": accuracy.low, "high": accuracy.high}


def _schedules(arm: Arm) -> dict[str, list[float]]:
    optimizer = arm.inner_optimizer
    schedules = {"learning_rate": optimizer.learning_rate}
    if isinstance(optimizer, SGD) and optimizer.momentum is not None:
        schedules["momentum"] = optimizer.momentum
    return {name: schedule.values().tolist() for name, schedule in schedules.items()}
