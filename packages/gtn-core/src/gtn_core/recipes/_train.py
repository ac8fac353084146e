"""Follow a recipe: real data, warm start, meta-training, the real-data arm, evaluation; each stage can be resumed."""

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, TypeAlias, get_args

from gtn_core.evaluation import RealDataArm, accuracy_curve, few_step_accuracy, fitted
from gtn_core.inner_optimizers import schedules_of
from gtn_core.meta_training import MetaTrainer
from gtn_core.ranks import Ranks
from gtn_core.recipes._recipe import MatchingSpecification, Recipe, WarmStartSpecification
from gtn_core.runs import Progress, RunDirectory, SilentProgress, StopSignal
from gtn_core.teacher import Arm, RecordedAccuracy, RecordedData, Teacher, TeacherCard
from gtn_core.warm_start import match_pixels, require_learned_codes, require_pixels, start_from, warm_start

ArmName: TypeAlias = Literal["teacher", "real_data", "untrained", "warm_start"]
ARM_NAMES: tuple[ArmName, ...] = get_args(ArmName)

EVALUATION_SEED = 0
"""The same for all runs, so that figures of different seeds are of the same fresh learners."""


class Training:
    """A recipe with all that it needs at hand; `run` follows it.

    Args:
        recipe: what to do.
        seed: of everything random.
        device: where to compute.
        source: real data in place of the recipe's.
        progress: shows how far it is.
        ranks: the processes that share the outer loops; the first does all else, and it alone writes.

    Raises:
        UnknownNameError: a learner family is not installed.
        DataError: the real data are missing, damaged, or fewer than a batch.
        TeacherError: the teacher to start from is missing, damaged, or of another shape.
    """

    def __init__(
        self,
        recipe: Recipe,
        *,
        seed: int = 0,
        device: str = "cpu",
        source: str | None = None,
        progress: Progress | None = None,
        ranks: Ranks | None = None,
    ) -> None:
        self.recipe, self.seed, self.device = recipe, seed, device
        self.ranks = ranks or Ranks()
        self.progress = progress or SilentProgress()
        self.families = [learner.resolve() for learner in recipe.learners]
        self.data = recipe.data.load(recipe.data.source if source is None else source, device)
        self.data.require_batch(max(recipe.outer.real_batch, recipe.teacher.batch))
        self._start: Teacher | None = None
        if recipe.warm_start:
            if recipe.warm_start.teacher is not None:
                self._start = self._teacher()
                start_from(self._start, Teacher.from_pretrained(recipe.warm_start.teacher))
            else:
                require_learned_codes(recipe.teacher.curriculum)
            if recipe.warm_start.matching:
                require_pixels(recipe.teacher.generator.kind)
                recipe.warm_start.matching.learner.resolve()
        self._stop = StopSignal()

    def run(self, run: RunDirectory, wanted: Sequence[ArmName] = ARM_NAMES) -> dict[str, Any]:
        """Meta-train and measure a teacher, and leave it in `run.path / "teacher"`.

        Args:
            run: where to do it; what is done there already is not done again.
            wanted: the arms to make and measure. `untrained` and `warm_start` are the teacher before them; without
                `teacher` there is none to leave.

        Returns:
            The content of `evaluation.json`: few-step test accuracy of every arm; empty unless this rank is the first.

        Raises:
            RankError: another rank has ended; what is done is saved.
            RunStopped: a signal came in; what is done is saved.
            RunError: another process is at work there, or it cannot be written to.
        """
        with run.alone() if self.ranks.first else nullcontext(), self._stop:
            arms: dict[str, Arm] = {}
            if "teacher" in wanted:
                arms["teacher"] = self.meta_trained_teacher(run)
            if "real_data" in wanted:
                arms["real_data"] = self.meta_trained_real_data(run)
            if not self.ranks.first:
                return {}
            if "untrained" in wanted:
                arms["untrained"] = self._teacher()
            if "warm_start" in wanted and self.recipe.warm_start:
                arms["warm_start"] = self._warm_started_teacher(run)
            result = self._evaluate(arms)
            self._save(arms.get("teacher"), result, run)
        return result

    def meta_trained_teacher(self, run: RunDirectory) -> Teacher:
        """Return the teacher after the outer loop, which goes on where the run was left."""
        teacher = self._warm_started_teacher(run) if self.recipe.warm_start else self._teacher()
        self._trainer(teacher, run, self.recipe).train("meta-training")
        return teacher

    def meta_trained_real_data(self, run: RunDirectory) -> RealDataArm:
        """Return real data with their inner optimizer after its outer loop, which goes on where the run was left."""
        arm = RealDataArm.beside(self.recipe.teacher, self.data.train, self.data.classes).to(self.device)
        if self.recipe.real_data_arm:
            own = run.child("real_data") if self.ranks.first else run
            self._trainer(arm, own, self._real_data_recipe()).train("real-data arm")
        return arm

    def _teacher(self) -> Teacher:
        return Teacher(
            self.recipe.teacher,
            image_shape=self.data.image_shape,
            class_names=self.data.class_names,
            normalization=self.data.normalization,
            seed=self.seed,
        ).to(self.device)

    def _warm_started_teacher(self, run: RunDirectory) -> Teacher:
        """Make what the outer loop starts from, or read it back as it was before the run was stopped."""
        settings, folder = self.recipe.warm_start, run.path / "warm_start"
        assert settings is not None
        if not self.ranks.first:
            return (self._start or self._teacher()).to(self.device)  # the first rank tells how it starts
        if (folder / "README.md").is_file():  # written last
            return Teacher.from_pretrained(folder).to(self.device)
        teacher = self._start or self._fitted_teacher(settings)
        teacher.save_pretrained(folder)
        return Teacher.from_pretrained(folder).to(self.device)

    def _fitted_teacher(self, settings: WarmStartSpecification) -> Teacher:
        assert settings.steps is not None
        teacher = self._teacher()
        if self.recipe.teacher.generator.kind != "pixels":  # those are found at once
            self.progress.start("warm start", settings.steps)
        warm_start(
            teacher,
            self.data.train,
            steps=settings.steps,
            learning_rate=settings.learning_rate,
            seed=self.seed,
            on_step=lambda loss: self._advance(mean_squared_error=loss),
        )
        if settings.matching:
            self._match(teacher, settings.matching)
        return teacher

    def _match(self, teacher: Teacher, settings: MatchingSpecification) -> None:
        self.progress.start("distribution matching", settings.steps)
        match_pixels(
            teacher,
            self.data.train,
            settings.learner.resolve().family,
            steps=settings.steps,
            learning_rate=settings.learning_rate,
            real_images=settings.real_images,
            seed=self.seed,
            on_step=lambda loss: self._advance(distance=loss),
        )

    def _trainer(self, arm: Arm, run: RunDirectory, recipe: Recipe) -> MetaTrainer:
        data = fitted(arm, self.data)  # a teacher to start from brings its normalisation
        settings = recipe.outer
        return MetaTrainer(arm, data, self.families, settings, run, self.seed, self._stop, self.progress, self.ranks)

    def _real_data_recipe(self) -> Recipe:
        assert self.recipe.real_data_arm is not None
        outer = self.recipe.outer.model_copy(update=dict(self.recipe.real_data_arm))
        return self.recipe.model_copy(update={"outer": outer})

    def _evaluate(self, arms: dict[str, Arm]) -> dict[str, Any]:
        wanted = self.recipe.evaluation
        shown = {name: arm for name, arm in arms.items() if name in ("teacher", "real_data")}
        some = replace(self.data, test=self.data.test.sample(wanted.curve_images))
        self.progress.start("few-step test accuracy", wanted.learners * len(arms))
        found = {
            name: few_step_accuracy(
                arm, self.families, self.data, wanted.learners, EVALUATION_SEED, on_learner=self._on_learner
            )
            for name, arm in arms.items()
        }
        self.progress.start("accuracy over inner steps", wanted.curve_learners * len(shown))
        curves = {
            name: accuracy_curve(
                arm, self.families, some, wanted.curve_learners, EVALUATION_SEED, on_learner=self._on_learner
            )
            for name, arm in shown.items()
        }
        return {
            "arms": {name: vars(accuracy) for name, accuracy in found.items()},
            "curves": {name: [point.interval() for point in curve] for name, curve in curves.items()},
            "schedules": {name: schedules_of(arm.inner_optimizer) for name, arm in shown.items()},
            "learners": [learner.family for learner in self.recipe.learners],
            "count": wanted.learners,
            "seed": EVALUATION_SEED,
            "split": "test",
        }

    def _on_learner(self, accuracy: float) -> None:
        self._advance(accuracy=accuracy)

    def _advance(self, **shown: float) -> None:
        self.progress.advance(**shown)
        self._stop.check()

    def _save(self, teacher: Arm | None, result: dict[str, Any], run: RunDirectory) -> None:
        if isinstance(teacher, Teacher):
            teacher.card = self._card(result)
            teacher.save_pretrained(run.path / "teacher")
        run.write_result(result)

    def _card(self, result: dict[str, Any]) -> TeacherCard:
        measured = {key: result["arms"]["teacher"][key] for key in ("mean", "low", "high")}
        splits = self.recipe.data.model_dump(exclude={"source"})
        return TeacherCard(
            recipe=self.recipe.name,
            data=RecordedData(source=self._data_id(), **splits),
            learners=self.recipe.learners,
            few_step_accuracy=RecordedAccuracy(**measured, count=result["count"], seed=result["seed"]),
        )

    def _data_id(self) -> str | None:
        """What others can find the data by; a path on this machine means nothing to them."""
        source = self.data.source
        return None if source != "digits" and Path(source).expanduser().exists() else source
