"""The meta-training of a generated environment, as the outer loop sees it."""

from collections.abc import Sequence
from types import TracebackType

import torch
from torch import Tensor, nn

from gtn_core.meta_gradients import EvolutionStrategies
from gtn_core.runs import GradientGuard
from gtn_core.seeding import derive_seed, generator_for
from gtn_rl.environments._agents import draw_agents
from gtn_rl.environments._bandit import ContextualBandit
from gtn_rl.environments._candidates import best_candidate
from gtn_rl.environments._card import GeneratorSpecification
from gtn_rl.environments._critic import Critic
from gtn_rl.environments._evolution import Trial, copies_for
from gtn_rl.environments._generator import EnvironmentGenerator
from gtn_rl.environments._inner_loop import InnerTraining
from gtn_rl.environments._measurement import measure
from gtn_rl.environments._outer_objective import (
    Decisions,
    Group,
    act_in_real,
    deterministic_returns,
    score_function_loss,
)
from gtn_rl.environments._real import real_environments
from gtn_rl.environments._settings import EnvironmentRecipe
from gtn_rl.environments._spaces import spaces_of
from gtn_rl.meta_training import Outcome, meta_step
from gtn_rl.policies import head_for
from gtn_rl.rollouts import Environments, first_returns, whole_episodes

LARGEST_ENVIRONMENT_SEED = 2**31 - 1
LONGEST = 1000
"""Steps of a roll-out in an environment without a time limit."""


class EnvironmentTask:
    """Meta-trains a generated environment on a real one.

    Args:
        env_id: of the real environment.
        settings: the recipe.
        seed: of the run.
        device: where to compute.

    Attributes:
        state: generator and value network.
        optimizer: Adam, of both.
        guard: of the meta-gradients.
        specification: of the generator.
    """

    def __init__(self, env_id: str, settings: EnvironmentRecipe, seed: int, device: torch.device | str = "cpu") -> None:
        self.env_id, self.settings, self.seed, self.device = env_id, settings, seed, device
        rollouts = settings.rollouts
        self.environments = real_environments(env_id, rollouts.agents * rollouts.copies)
        spec = self.environments.vector.spec
        self.time_limit = (spec.max_episode_steps if spec else None) or LONGEST
        seen = measure(self.environments, settings.measured_steps, seed)
        self.specification = GeneratorSpecification(
            form=settings.form, spaces=spaces_of(env_id), hidden=settings.hidden
        )
        self._seen = seen.observations
        self.generator = self._fresh_generator(derive_seed(seed, "generator"))
        scale = max(seen.reward, 1e-3) / (1 - rollouts.discount)
        scaling = self.generator.scaling
        self.critic = Critic(settings.critic, scaling.mean, scaling.std, scale, generator_for(seed, "critic"))
        self.head = head_for(self.environments.vector.single_action_space, rollouts.exploration)
        self.state = nn.ModuleDict({"generator": self.generator, "critic": self.critic}).to(device)
        self.optimizer = torch.optim.Adam(
            [{"params": list(self.generator.parameters())}, {"params": list(self.critic.parameters())}],
            lr=settings.critic.learning_rate,
        )
        self.guard = GradientGuard()
        crowd = copies_for(settings, settings.evolution.pairs) if settings.estimator == "evolution" else 1
        self._crowd = real_environments(env_id, crowd)
        # Those of the first look belong to the first outer step, also where a run is resumed later on.
        self._measured = self._counted = self.environments.steps

    def __enter__(self) -> "EnvironmentTask":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.environments.vector.close()
        self._crowd.vector.close()

    @property
    def meta_parameters(self) -> Sequence[Tensor]:
        """Of the generator."""
        return list(self.generator.parameters())

    def outer_step(self, step: int, learning_rate: float) -> Outcome:
        """Let fresh agents train in the generated environment and act in the real one, and improve the generator."""
        self.optimizer.param_groups[0]["lr"] = learning_rate
        searched = self._choose_candidate() if step == 0 and self.settings.candidates > 1 else 0
        first_look = self._measured if step == 0 else 0
        done = self._exact(step) if self.settings.estimator == "exact" else self._evolution(step)
        return Outcome(done.figures, first_look + searched + done.real_steps)

    def validate(self, step: int) -> Outcome:
        """Train fresh agents and let them take their most likely actions through whole episodes.

        In bandits, also let the best rewarded action act: what agents would do that had learnt all there is to learn.
        """
        own = derive_seed(self.seed, "validation", step)
        returns = self.trained_returns(own, own)
        figures = {"validation_return": float(returns.mean()), "validation_worst": float(returns.min())}
        if isinstance(self.generator, ContextualBandit):
            greedy = whole_episodes(
                self.environments, self.generator.best_actions, own % LARGEST_ENVIRONMENT_SEED, self.head.to_environment
            )
            figures["greedy_return"] = float(greedy.returns.mean())
        return Outcome(figures, self._real_steps())

    def _fresh_generator(self, seed: int) -> EnvironmentGenerator:
        generator = self.specification.build(seed)
        generator.scaling.measure(self._seen)
        generator.scale_rewards(self.settings.initial_rewards)
        with torch.no_grad():
            generator.mixing.mul_(self.settings.initial_spread)
        return generator

    def _choose_candidate(self) -> int:
        """Start from the best of several random generators; return the real steps that finding it took."""
        seeds = [derive_seed(self.seed, "candidate", number) for number in range(self.settings.candidates)]
        made = [self._fresh_generator(seed).to(self.device) for seed in seeds]
        own = derive_seed(self.seed, "candidates")
        if self.settings.estimator == "evolution":
            return self._best_by_trial(made, own)
        found = best_candidate(made, self.env_id, self.settings.inner, self.head, self._steps, own)
        self.generator.load_state_dict(made[found.place].state_dict())
        return found.real_steps

    def _exact(self, step: int) -> Outcome:
        """Score function in the real environment, reverse differentiation through the inner loop."""
        rollouts, own = self.settings.rollouts, derive_seed(self.seed, "agents", step)
        progress = step / self.settings.outer.steps
        group = self._trained(own, differentiable=True, progress=progress)
        actions = generator_for(self.seed, "actions", step)
        trajectories = act_in_real(group, self.environments, self._steps, self._real_seed(step), actions)
        advantages = self.critic.judge(trajectories, rollouts, self.optimizer, generator_for(self.seed, "critic", step))
        kept = (trajectories.observations, trajectories.actions)
        with torch.no_grad():
            before = group.head.log_prob(group.outputs(kept[0]), kept[1])
        decisions = Decisions(*kept, before, advantages, trajectories.valid)
        draws = generator_for(self.seed, "passes", step)
        norms = []
        for number in range(rollouts.passes):
            if number:  # the same agents, trained by what the generator is now
                group = self._trained(own, differentiable=True, progress=progress)
            times = torch.randperm(self._steps, generator=draws)[: rollouts.times]
            loss = score_function_loss(group, decisions.at(times), rollouts.clip)
            gradients = torch.autograd.grad(loss, self.meta_parameters, allow_unused=True, materialize_grads=True)
            norms.append(self._follow(gradients))
        if self.settings.follow_rate:
            self.generator.follow(trajectories.observations[trajectories.valid], self.settings.follow_rate)
        finite = [norm for norm in norms if norm is not None]
        figures = {
            "return": float(first_returns(trajectories).mean()),
            "gradient_norm": sum(finite) / len(finite) if finite else None,
        }
        return Outcome(figures, self._real_steps())

    def _evolution(self, step: int) -> Outcome:
        """Antithetic evolution strategies on the whole of training and acting."""
        settings, seed = self.settings.evolution, derive_seed(self.seed, "evolution", step)
        greedy = step < settings.greedy_steps
        trial = self._trial(self._crowd, seed, self._real_seed(step), step / self.settings.outer.steps, greedy)
        estimator = EvolutionStrategies(settings.pairs, settings.sigma)
        found = estimator.together(trial.losses, self.meta_parameters, seed)
        gradients = found.gradients
        if greedy:  # nothing but noise for what the best rewarded action does not depend on
            states = {id(self.generator.mixing), id(self.generator.shift)}
            both = zip(self.meta_parameters, gradients, strict=True)
            gradients = [one * (id(parameter) not in states) for parameter, one in both]
        figures = {"return": -float(found.meta_loss), "gradient_norm": self._follow(gradients)}
        return Outcome(figures, trial.real_steps)

    def _best_by_trial(self, candidates: Sequence[EnvironmentGenerator], seed: int) -> int:
        """Start from the candidate that evolution strategies would think best; return the real steps it took."""
        stacked = [torch.stack(one).detach() for one in zip(*(own.parameters() for own in candidates), strict=True)]
        with real_environments(self.env_id, copies_for(self.settings, len(candidates))) as environments:
            greedy = self.settings.evolution.greedy_steps > 0
            trial = self._trial(environments, seed, seed % LARGEST_ENVIRONMENT_SEED, 0.0, greedy)
            best = int(trial.losses(stacked).argmin())
        self.generator.load_state_dict(candidates[best].state_dict())
        return trial.real_steps

    def _trial(self, environments: Environments, seed: int, episodes: int, progress: float, greedy: bool) -> Trial:
        steps = self._steps
        return Trial(self.generator, self.settings, self.head, environments, steps, seed, episodes, progress, greedy)

    def _follow(self, gradients: Sequence[Tensor]) -> float | None:
        clip = self.settings.outer.gradient_clip
        return meta_step(self.optimizer, self.meta_parameters, gradients, clip, self.guard)

    def trained_returns(self, seed: int, episodes: int) -> Tensor:
        """Return the returns of fresh agents in the real environment, a whole episode in each copy.

        Args:
            seed: of agents and training.
            episodes: seed of the real environment.
        """
        group = self._trained(seed, differentiable=False)
        return deterministic_returns(group, self.environments, episodes % LARGEST_ENVIRONMENT_SEED)

    def _trained(self, seed: int, *, differentiable: bool, progress: float = 1.0) -> Group:
        draws = generator_for(seed, "inner loop")
        rollouts = self.settings.rollouts
        agents = draw_agents(self.specification.spaces, self.settings.inner, rollouts.agents, draws).to(self.device)
        inner = InnerTraining.draw(self.settings.inner, draws, progress)
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
