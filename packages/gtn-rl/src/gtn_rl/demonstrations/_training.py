"""Follow a recipe: meta-training, measurement on fresh policies, the artefact."""

from functools import partial
from typing import Any

import gymnasium
import torch

from gtn_core.runs import Progress, RunDirectory, SilentProgress, StopSignal
from gtn_core.seeding import derive_seed
from gtn_rl.demonstrations._card import Card, RecordedReturns
from gtn_rl.demonstrations._demonstrations import Demonstrations
from gtn_rl.demonstrations._measuring import TOGETHER, MeasuredReturns, measured_returns
from gtn_rl.demonstrations._settings import DemonstrationsRecipe
from gtn_rl.demonstrations._task import DemonstrationsTask
from gtn_rl.meta_training import MetaTrainer
from gtn_rl.policies import MLPFamily
from gtn_rl.rollouts import check_env_id

FOLDER = "demonstrations"
EVALUATION_SEED = 0
"""The same for all runs, so that figures of different seeds are of the same fresh policies; none met in training."""


class DemonstrationsTraining:
    """A recipe with all that it needs at hand; `run` follows it.

    Args:
        env_id: the real environment.
        recipe: what to do.
        seed: of everything random in meta-training.
        device: where to compute.
        progress: shows how far it is.

    Raises:
        UnknownNameError: no such environment.
        ConfigurationError: its spaces are none that a policy network serves.
    """

    def __init__(
        self,
        env_id: str,
        recipe: DemonstrationsRecipe,
        *,
        seed: int = 0,
        device: str = "cpu",
        progress: Progress | None = None,
    ) -> None:
        check_env_id(env_id)
        self.env_id, self.recipe, self.seed = env_id, recipe, seed
        self.progress = progress or SilentProgress()
        environment = gymnasium.make(env_id)
        spaces = environment.observation_space, environment.action_space
        environment.close()
        self.demonstrations = Demonstrations(recipe.demonstrations, *spaces, seed=seed).to(device)
        self._stop = StopSignal()

    def run(self, run: RunDirectory) -> dict[str, Any]:
        """Meta-train, measure, and leave the demonstrations in the run's folder `demonstrations`.

        Args:
            run: where to do it; what is done there already is not done again.

        Returns:
            The content of `evaluation.json`.

        Raises:
            RunStopped: a signal came in; what is done is saved.
            DivergenceError: ten outer steps in a row had no meta-gradient to follow.
            RunError: another process is at work there, or it cannot be written to.
        """
        with run.alone(), self._stop:
            with DemonstrationsTask(self.env_id, self.recipe, self.demonstrations, self.seed) as task:
                trainer = MetaTrainer(task, self.recipe.outer, run, self._stop, self.progress)
                trainer.train()
            recorded, raw = self._measure()
            self.demonstrations.card = self._card(trainer.real_steps, recorded)
            self.demonstrations.save(run.path / FOLDER)
            result = {
                "kind": FOLDER,
                "env_id": self.env_id,
                **trainer.real_steps,
                "results": {name: found.model_dump(mode="json") for name, found in recorded.items()},
                "returns": raw,
            }
            run.write_result(result)
        return result

    def _measure(self) -> tuple[dict[str, RecordedReturns], dict[str, dict[str, list[Any]]]]:
        """Return what is recorded of each family, and the returns and names of its policies."""
        settings = self.recipe.evaluation
        sizes = {"same_family": (settings.policies, settings.episodes)}
        sizes |= dict.fromkeys(settings.transfer, (settings.transfer_policies, settings.transfer_episodes))
        groups = sum(2 * -(-policies // TOGETHER) for policies, _ in sizes.values())
        self.progress.start("returns of fresh policies", groups + -(-settings.policies // TOGETHER))
        recorded: dict[str, RecordedReturns] = {}
        raw: dict[str, dict[str, list[Any]]] = {}
        for name, (policies, episodes) in sizes.items():
            family = settings.transfer.get(name, self.recipe.policies)
            measure = partial(self._returns, family, policies, episodes, derive_seed(EVALUATION_SEED, name))
            greedy, untaught = measure(), measure(taught=False)
            recorded[name] = RecordedReturns(
                **greedy.interval._asdict(),
                worst_tenth=greedy.worst_tenth,
                sampled_mean=measure(sampled=True).mean if name == "same_family" else None,
                untaught_mean=untaught.mean,
                policies=policies,
                episodes=episodes,
                seed=EVALUATION_SEED,
                family=family,
            )
            raw[name] = {"returns": greedy.returns, "policies": greedy.policies}
        return recorded, raw

    def _returns(
        self, family: MLPFamily, policies: int, episodes: int, seed: int, *, taught: bool = True, sampled: bool = False
    ) -> MeasuredReturns:
        def on_policies(returns: list[float]) -> None:
            self.progress.advance(**{"return": sum(returns) / len(returns)})
            self._stop.check()

        return measured_returns(
            self.demonstrations,
            self.env_id,
            family,
            policies,
            episodes,
            seed,
            taught=taught,
            sampled=sampled,
            on_policies=on_policies,
        )

    def _card(self, real_steps: dict[str, int], results: dict[str, RecordedReturns]) -> Card:
        return Card(
            env_id=self.env_id,
            recipe=self.recipe.model_dump(mode="json"),
            seed=self.seed,
            outer_steps=self.recipe.outer.steps,
            **real_steps,
            versions={"gymnasium": gymnasium.__version__, "torch": torch.__version__.split("+")[0]},
            results=results,
        )
