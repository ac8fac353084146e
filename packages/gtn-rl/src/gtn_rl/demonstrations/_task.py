"""Meta-training of demonstrations: one outer step.

Fresh policies of random size take their inner loop, act in the real environment, and the demonstrations change so that
policies taught by them would have acted better. Source: Such et al. (2020), appendix H.
"""

from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn
from torch.func import functional_call

from gtn_core.seeding import derive_seed, generator_for
from gtn_core.typing import Tensors
from gtn_rl.demonstrations._actor_critic import Decisions, actor_critic_loss
from gtn_rl.demonstrations._demonstrations import Demonstrations
from gtn_rl.demonstrations._inner_loop import initial_parameters
from gtn_rl.demonstrations._measuring import measured_returns
from gtn_rl.demonstrations._settings import DemonstrationsRecipe
from gtn_rl.meta_training import Outcome, meta_step
from gtn_rl.policies import Policy, ValueNetwork, head_for, stacked
from gtn_rl.rollouts import (
    Environments,
    Trajectories,
    collect,
    first_returns,
    generalized_advantages,
    normalized,
)


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
        self.value = value
        self.meta_parameters: Sequence[Tensor] = list(demonstrations.parameters())
        groups: list[dict[str, Any]] = [
            {"params": list(self.meta_parameters)},
            {"params": list(value.parameters()), "lr": recipe.objective.value_learning_rate},
        ]
        self.optimizer = torch.optim.Adam(groups)
        settings = recipe.objective
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
        pupils = [self._pupil(step, index) for index in range(self.recipe.objective.policies)]
        trajectories, outputs = self._collect(step, pupils)
        decisions, value_loss = self._judge(step, trajectories, outputs)
        figures = self._passes(step, pupils, decisions)
        figures["return"] = float(first_returns(trajectories).mean())
        return Outcome({**figures, "value_loss": value_loss}, self._environments.steps - before)

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

    def _judge(self, step: int, trajectories: Trajectories, outputs: Tensor) -> tuple[list[Decisions], float]:
        """Return each policy's decisions with their advantages, and fit the value network to the returns."""
        settings = self.recipe.objective
        scaled = trajectories._replace(rewards=trajectories.rewards * settings.reward_scale)
        with torch.no_grad():
            values, following = self.value(scaled.observations), self.value(scaled.successors)
        found = generalized_advantages(scaled, values, following, settings.discount, settings.trace_decay)
        advantages = normalized(found.advantages, scaled.valid)
        log_probs = self.head.log_prob(outputs, scaled.actions)
        columns = (scaled.observations, scaled.actions, log_probs, advantages)
        decisions = [
            Decisions(*(column.flatten(0, 1) for column in share)).take(kept.flatten())
            for *share, kept in zip(
                *(column.chunk(settings.policies, dim=1) for column in (*columns, scaled.valid)), strict=True
            )
        ]
        loss = self._fit_value(step, scaled.observations[scaled.valid], found.returns[scaled.valid])
        return decisions, loss

    def _fit_value(self, step: int, observations: Tensor, returns: Tensor) -> float:
        settings, generator = self.recipe.objective, generator_for(self.seed, "value batches", step)
        loss = torch.zeros(())
        for _ in range(settings.value_steps):
            rows = torch.randint(len(returns), (min(settings.value_batch, len(returns)),), generator=generator)
            loss = F.mse_loss(self.value(observations[rows]), returns[rows])
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()
        self.optimizer.zero_grad()
        return loss.item()

    def _passes(self, step: int, pupils: Sequence[Pupil], decisions: Sequence[Decisions]) -> dict[str, Any]:
        generator = generator_for(self.seed, "passes", step)
        losses, norms = [], []
        for chosen in self._minibatches(generator):
            total = sum((self._loss(pupils[i], decisions[i], generator) for i in chosen), torch.zeros(()))
            loss = total / len(chosen)
            gradients = torch.autograd.grad(loss, self.meta_parameters, allow_unused=True)
            norms.append(
                meta_step(
                    self.optimizer,
                    self.meta_parameters,
                    [
                        torch.zeros_like(parameter) if gradient is None else gradient
                        for parameter, gradient in zip(self.meta_parameters, gradients, strict=True)
                    ],
                    self.recipe.outer.gradient_clip,
                )
            )
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
