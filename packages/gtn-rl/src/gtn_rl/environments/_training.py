"""Follow a recipe: meta-training, measurement on fresh agents, the artefact."""

from typing import Any

from gtn_core.runs import Progress, RunDirectory, SilentProgress, StopSignal, outer_loop_seconds
from gtn_core.seeding import derive_seed
from gtn_rl.environments._artefact import FILES, Artefact, save_environment
from gtn_rl.environments._card import EnvironmentCard
from gtn_rl.environments._settings import EnvironmentRecipe
from gtn_rl.environments._task import EnvironmentTask
from gtn_rl.meta_training import MetaTrainer

MEASUREMENTS = 5
EVALUATION_SEED = 0
"""The same for all runs, so that figures of different seeds are of the same fresh agents."""


class EnvironmentTraining:
    """A recipe with all that it needs at hand; `run` follows it.

    Args:
        env_id: the real environment.
        recipe: what to do.
        seed: of everything random in meta-training.
        device: where to compute; the networks are so small that only the CPU makes sense.
        progress: shows how far it is.

    Raises:
        UnknownNameError: no such environment.
        ConfigurationError: no generated environment can have its spaces.
    """

    def __init__(
        self,
        env_id: str,
        recipe: EnvironmentRecipe,
        *,
        seed: int = 0,
        device: str = "cpu",
        progress: Progress | None = None,
    ) -> None:
        self.env_id, self.recipe, self.seed = env_id, recipe, seed
        self.progress = progress or SilentProgress()
        self.task = EnvironmentTask(env_id, recipe, seed, device)
        self._stop = StopSignal()

    def run(self, run: RunDirectory) -> dict[str, Any]:
        """Meta-train, measure, and leave the environment in the run's folder `environment`.

        Args:
            run: where to do it; what is done there already is not done again.

        Returns:
            The content of `evaluation.json`.

        Raises:
            RunStopped: a signal came in; what is done is saved.
            DivergenceError: ten outer steps in a row had no meta-gradient to follow.
            RunError: another process is at work there, or it cannot be written to.
        """
        with run.alone(), self._stop, self.task as task:
            trainer = MetaTrainer(task, self.recipe.outer, run, self._stop, self.progress)
            trainer.train()
            returns = self._measure()
            card = self._card(run, trainer.real_steps["real_steps"])
            save_environment(Artefact(task.generator, task.specification, card), run.path / FILES.kind)
            result = {"kind": FILES.kind, "env_id": self.env_id, **trainer.real_steps, "returns": returns}
            run.write_result(result)
        return result

    def _measure(self) -> list[float]:
        """Return the return of fresh agents of the recipe's kind, a whole episode each, most likely actions."""
        self.progress.start("returns of fresh agents", MEASUREMENTS)
        found: list[float] = []
        for number in range(MEASUREMENTS):
            seed = derive_seed(EVALUATION_SEED, "measurement", number)
            found += self.task.trained_returns(seed, seed).tolist()
            self.progress.advance(real_return=sum(found) / len(found))
            self._stop.check()
        return found

    def _card(self, run: RunDirectory, real_steps: int) -> EnvironmentCard:
        seconds = outer_loop_seconds(run.path / "timings.jsonl")
        return EnvironmentCard(
            real_env=self.env_id,
            method=self.recipe.estimator,
            outer_steps=self.recipe.outer.steps,
            real_steps=real_steps,
            seed=self.seed,
            minutes=round(seconds / 60, 1),
            max_episode_steps=self.task.time_limit,
            recipe=self.recipe.model_dump(mode="json"),
        )
