"""The meta-training of a generated environment, as the outer loop sees it."""

from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor, nn

from gtn_core.meta_gradients import EvolutionStrategies
from gtn_core.seeding import derive_seed, generator_for
from gtn_core.typing import MetaBatches
from gtn_core.unroll import Unroll
from gtn_rl.environments._agents import draw_agents
from gtn_rl.environments._card import GeneratorSpecification
from gtn_rl.environments._critic import Critic
from gtn_rl.environments._inner_loop import InnerTraining
from gtn_rl.environments._measurement import measure
from gtn_rl.environments._outer_objective import Group, act_in_real, deterministic_returns, score_function_loss
from gtn_rl.environments._real import real_environments
from gtn_rl.environments._settings import EnvironmentSettings
from gtn_rl.environments._spaces import spaces_of
from gtn_rl.meta_training import Outcome, meta_step
from gtn_rl.policies import head_for
from gtn_rl.rollouts import finished_returns

LARGEST_ENVIRONMENT_SEED = 2**31 - 1
LONGEST = 1000
"""Steps of a roll-out in an environment without a time limit."""
VALIDATION_AGENTS = 8


class EnvironmentTask:
    """Meta-trains a generated environment on a real one.

    Args:
        env_id: of the real environment.
        settings: of everything but the outer loop.
        seed: of the run.
        gradient_clip: largest norm of the meta-gradient; null leaves it as it is.

    Attributes:
        state: generator and value network.
        optimizer: Adam, of both.
        specification: of the generator.
    """

    def __init__(
        self, env_id: str, settings: EnvironmentSettings, seed: int, gradient_clip: float | None = 1.0
    ) -> None:
        self.env_id, self.settings, self.seed, self.clip = env_id, settings, seed, gradient_clip
        rollouts = settings.rollouts
        self.environments = real_environments(env_id, rollouts.agents * rollouts.copies)
        spec = self.environments.vector.spec
        self.time_limit = (spec.max_episode_steps if spec else None) or LONGEST
        seen = measure(self.environments, settings.measured_steps, seed)
        self.specification = GeneratorSpecification(
            form=settings.form, spaces=spaces_of(env_id), hidden=settings.hidden
        )
        self.generator = self.specification.build(derive_seed(seed, "generator"))
        self.generator.scaling.measure(seen.observations)
        scale = max(seen.reward, 1e-3) / (1 - rollouts.discount)
        scaling = self.generator.scaling
        self.critic = Critic(settings.critic, scaling.mean, scaling.std, scale, generator_for(seed, "critic"))
        self.head = head_for(self.environments.vector.single_action_space)
        self.state = nn.ModuleDict({"generator": self.generator, "critic": self.critic})
        self.optimizer = torch.optim.Adam(
            [{"params": list(self.generator.parameters())}, {"params": list(self.critic.parameters())}],
            lr=settings.critic.learning_rate,
        )
        # Those of the first look belong to the first outer step, also where a run is resumed later on.
        self._measured = self._counted = self.environments.steps

    @property
    def meta_parameters(self) -> Sequence[Tensor]:
        """Of the generator."""
        return list(self.generator.parameters())

    def outer_step(self, step: int, learning_rate: float) -> Outcome:
        """Move the generator once along the estimated meta-gradient."""
        self.optimizer.param_groups[0]["lr"] = learning_rate
        estimate = self._exact if self.settings.estimator == "exact" else self._evolution
        gradients, figures = estimate(step)
        norm = meta_step(self.optimizer, self.meta_parameters, gradients, self.clip)
        first_look = self._measured if step == 0 else 0
        return Outcome({**figures, "gradient_norm": norm}, first_look + self._real_steps())

    def validate(self, step: int) -> Outcome:
        """Train fresh agents and let them take their most likely actions through whole episodes."""
        returns = deterministic_returns(
            self._trained(derive_seed(self.seed, "validation", step), differentiable=False),
            self.environments,
            derive_seed(self.seed, "validation episodes", step) % LARGEST_ENVIRONMENT_SEED,
        )
        figures = {"validation_return": float(returns.mean()), "validation_worst": float(returns.min())}
        return Outcome(figures, self._real_steps())

    def _exact(self, step: int) -> tuple[list[Tensor], dict[str, float]]:
        """Score function in the real environment, reverse differentiation through the inner loop."""
        group = self._trained(derive_seed(self.seed, "agents", step), differentiable=True)
        trajectories = act_in_real(
            group, self.environments, self._steps, self._real_seed(step), generator_for(self.seed, "actions", step)
        )
        advantages = self.critic.judge(
            trajectories, self.settings.rollouts, self.optimizer, generator_for(self.seed, "critic", step)
        )
        loss = score_function_loss(group, trajectories, advantages)
        gradients = torch.autograd.grad(loss, self.meta_parameters, allow_unused=True, materialize_grads=True)
        finished = finished_returns(trajectories)
        mean = float(finished.mean()) if len(finished) else float(trajectories.rewards.sum(0).mean())
        return list(gradients), {"real_return": mean, "score_loss": float(loss.detach())}

    def _evolution(self, step: int) -> tuple[list[Tensor], dict[str, float]]:
        """Antithetic evolution strategies on the whole of training and acting."""
        settings = self.settings.evolution
        whole = _Whole(self, derive_seed(self.seed, "evolution", step), step)
        # All that the estimator asks of an unroll is its seed and its meta-loss.
        found = EvolutionStrategies(settings.pairs, settings.sigma)(cast(Unroll, whole), self.meta_parameters, {})
        return found.gradients, {"real_return": -float(found.meta_loss)}

    def trained_return(self, seed: int, step: int) -> Tensor:
        """Return the mean return of fresh agents, trained and acting with common random numbers, a scalar."""
        group = self._trained(seed, differentiable=False)
        return deterministic_returns(group, self.environments, self._real_seed(step)).mean()

    def _trained(self, seed: int, *, differentiable: bool) -> Group:
        draws = generator_for(seed, "inner loop")
        rollouts = self.settings.rollouts
        agents = draw_agents(self.specification.spaces, self.settings.inner, rollouts.agents, draws)
        inner = InnerTraining.draw(self.settings.inner, draws)
        return Group(agents, inner.train(self.generator, agents, draws, differentiable=differentiable), self.head)

    @property
    def _steps(self) -> int:
        return self.settings.rollouts.steps or self.time_limit

    def _real_seed(self, step: int) -> int:
        return derive_seed(self.seed, "episodes", step) % LARGEST_ENVIRONMENT_SEED

    def _real_steps(self) -> int:
        """Return the real steps taken since this was asked last."""
        taken = self.environments.steps - self._counted
        self._counted = self.environments.steps
        return taken


class _Whole:
    """Training and acting as one function of the meta-parameters, the way an estimator calls it."""

    def __init__(self, task: EnvironmentTask, seed: int, step: int) -> None:
        self.task, self.seed, self.step = task, seed, step

    def meta_loss(self, meta_batches: MetaBatches) -> Tensor:
        return -self.task.trained_return(self.seed, self.step).float()
