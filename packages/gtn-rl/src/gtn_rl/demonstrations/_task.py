"""Meta-training of demonstrations: one outer step.

Fresh policies of random size take their inner loop, act in the real environment, and the demonstrations change so that
policies taught by them would have acted better. Source: Such et al. (2020), appendix H.
"""

from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Any, NamedTuple

import torch
from torch import Generator, Tensor, nn
from torch.func import functional_call

from gtn_core.runs import GradientGuard
from gtn_core.seeding import derive_seed, generator_for
from gtn_core.typing import Tensors
from gtn_rl.demonstrations._actor_critic import Decisions, actor_critic_loss
from gtn_rl.demonstrations._candidates import best_candidate
from gtn_rl.demonstrations._critic import Critic
from gtn_rl.demonstrations._demonstrations import Demonstrations
from gtn_rl.demonstrations._inner_loop import initial_parameters
from gtn_rl.demonstrations._measuring import measured_returns
from gtn_rl.demonstrations._settings import DemonstrationsRecipe
from gtn_rl.meta_training import Outcome, meta_step
from gtn_rl.policies import Policy, ValueNetwork, head_for, stacked
from gtn_rl.rollouts import Environments, Trajectories, collect, first_returns


class Pupil(NamedTuple):
    """A fresh policy of an outer step, with all that decides what the demonstrations make of it."""

    policy: Policy
    parameters: Tensors
    """Its own, before the inner loop."""
    seed: int
    """Of its noise."""


class DemonstrationsTask:
    """What the outer loop does for demonstrations.

    Args:
        env_id: the real environment.
        recipe: settings.
        demonstrations: to be meta-trained.
        seed: of everything random.
    """

    def __init__(self, env_id: str, recipe: DemonstrationsRecipe, demonstrations: Demonstrations, seed: int) -> None:
        self.env_id, self.recipe, self.demonstrations, self.seed = env_id, recipe, demonstrations, seed
        self.device = next(demonstrations.parameters()).device
        self.head = head_for(demonstrations.action_space, recipe.policies.deviation)
        value = ValueNetwork(demonstrations.observations, generator_for(seed, "value network")).to(self.device)
        self.state = nn.ModuleDict({"demonstrations": demonstrations, "value": value})
        self.meta_parameters: Sequence[Tensor] = list(demonstrations.parameters())
        groups: list[dict[str, Any]] = [
            {"params": list(self.meta_parameters)},
            {"params": list(value.parameters()), "lr": recipe.objective.value_learning_rate},
        ]
        self.optimizer = torch.optim.Adam(groups)
        self.guard = GradientGuard()
        settings = recipe.objective
        self._critic = Critic(value, self.optimizer, settings)
        self._environments = Environments.make(env_id, settings.policies * settings.environments)

    def __enter__(self) -> "DemonstrationsTask":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._environments.vector.close()

    def outer_step(self, step: int, learning_rate: float) -> Outcome:
        """Collect roll-outs of freshly taught policies, fit the value network, and change the demonstrations."""
        self.optimizer.param_groups[0]["lr"] = learning_rate
        before = self._environments.steps
        searched = self._choose_candidate() if step == 0 and self.recipe.objective.candidates > 1 else 0
        pupils = [self._pupil(step, index) for index in range(self.recipe.objective.policies)]
        trajectories, outputs = self._collect(step, pupils)
        log_probs = self.head.log_prob(outputs, trajectories.actions)
        decisions, value_loss = self._critic.judge(
            trajectories, log_probs, generator_for(self.seed, "value batches", step)
        )
        figures = self._passes(step, pupils, decisions)
        figures["return"] = float(first_returns(trajectories).mean())
        return Outcome({**figures, "value_loss": value_loss}, searched + self._environments.steps - before)

    def validate(self, step: int) -> Outcome:
        """Measure policies of the recipe's family that were never met."""
        settings = self.recipe.evaluation
        found = measured_returns(
            self.demonstrations,
            self.env_id,
            self.recipe.policies,
            settings.validation_policies,
            settings.validation_episodes,
            derive_seed(self.seed, "validation", step),
        )
        figures = {"validation_return": found.mean, "validation_worst_tenth": found.worst_tenth}
        return Outcome(figures, found.steps)

    def _choose_candidate(self) -> int:
        """Start from the best of several random generators; return the steps taken to find it."""
        settings = self.recipe.objective
        found = best_candidate(
            self.demonstrations,
            self.env_id,
            self.recipe.policies,
            settings.candidates,
            settings.environments,
            settings.horizon_at(1.0),
            self.seed,
        )
        self.demonstrations.load_state_dict(found.demonstrations.state_dict())
        return found.steps

    def _pupil(self, step: int, index: int) -> Pupil:
        generator = generator_for(self.seed, "policy", step, index)
        spaces = self.demonstrations.observation_space, self.demonstrations.action_space
        policy = self.recipe.policies.draw(*spaces, generator).to(self.device)
        return Pupil(policy, initial_parameters(policy), derive_seed(self.seed, "noise", step, index))

    def _taught(self, pupil: Pupil) -> Tensors:
        return self.demonstrations.taught_parameters(
            pupil.policy, pupil.parameters, pupil.seed, self.recipe.objective.batch
        )

    @torch.no_grad()
    def _collect(self, step: int, pupils: Sequence[Pupil]) -> tuple[Trajectories, Tensor]:
        """Return roll-outs of the taught policies, and their outputs `[T, N, A]`."""
        settings = self.recipe.objective
        policies = stacked([pupil.policy for pupil in pupils], [self._taught(pupil) for pupil in pupils])
        generator = generator_for(self.seed, "actions", step)
        kept: list[Tensor] = []

        def act(observations: Tensor) -> Tensor:
            kept.append(policies(observations))
            return self.head.sample(kept[-1].cpu(), generator).to(self.device)

        horizon = settings.horizon_at(step / self.recipe.outer.steps)
        seed = derive_seed(self.seed, "environments", step)
        found = collect(self._environments, act, horizon, seed, self.head.to_environment, device=self.device)
        return found, torch.stack(kept)

    def _passes(self, step: int, pupils: Sequence[Pupil], decisions: Sequence[Decisions]) -> dict[str, Any]:
        generator = generator_for(self.seed, "passes", step)
        losses, norms = [], []
        for chosen in self._minibatches(generator):
            total = sum((self._loss(pupils[i], decisions[i], generator) for i in chosen), torch.zeros(()))
            loss = total / len(chosen)
            gradients = torch.autograd.grad(loss, self.meta_parameters)
            clip = self.recipe.outer.gradient_clip
            norms.append(meta_step(self.optimizer, self.meta_parameters, gradients, clip, self.guard))
            losses.append(loss.item())
        finite = [norm for norm in norms if norm is not None]
        with torch.no_grad():
            spread = torch.stack([self._entropy(p, d) for p, d in zip(pupils, decisions, strict=True)]).mean()
        return {
            "meta_loss": sum(losses) / len(losses) if len(finite) == len(norms) else None,
            "gradient_norm": sum(finite) / len(finite) if finite else None,
            "entropy": float(spread),
            "step_size": float(self.demonstrations.step_size.values.values()[0]),
            "bias_factor": float(self.demonstrations.step_size.bias_factor.detach()),
        }

    def _minibatches(self, generator: Generator) -> Iterator[list[int]]:
        settings = self.recipe.objective
        for _ in range(settings.passes):
            order = torch.randperm(settings.policies, generator=generator).tolist()
            for start in range(0, settings.policies, settings.policies_a_pass):
                yield order[start : start + settings.policies_a_pass]

    def _loss(self, pupil: Pupil, decisions: Decisions, generator: Generator) -> Tensor:
        settings = self.recipe.objective
        rows = torch.randperm(len(decisions.actions), generator=generator)[: settings.decisions]
        some = decisions.take(rows)
        outputs = functional_call(pupil.policy, self._taught(pupil), (some.observations,))
        return actor_critic_loss(self.head, outputs, some, clip=settings.clip, entropy=settings.entropy)

    def _entropy(self, pupil: Pupil, decisions: Decisions) -> Tensor:
        outputs = functional_call(pupil.policy, self._taught(pupil), (decisions.observations,))
        return self.head.entropy(outputs).mean()
