"""What many generators at once are worth, the way evolution strategies ask: returns of the agents that they train.

Nothing is differentiated, so nothing needs to be drawn either: agents take their most likely actions. For bandits the
best rewarded action can act beside them, in place of an agent that has learnt all there is to learn. That is what long
training comes to, and it tells something also where fresh agents are still too little trained to do anything.

Legend: M generators, P = M times agents, n copies of the real environment.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from gtn_core.seeding import generator_for
from gtn_rl.environments._agents import draw_agents
from gtn_rl.environments._generator import EnvironmentGenerator
from gtn_rl.environments._inner_loop import InnerTraining
from gtn_rl.environments._outer_objective import Group
from gtn_rl.environments._settings import EnvironmentRecipe
from gtn_rl.environments._side_by_side import side_by_side
from gtn_rl.policies import Head
from gtn_rl.rollouts import Environments, whole_episodes


def copies_for(settings: EnvironmentRecipe, generators: int) -> int:
    """Return how many copies of the real environment M generators are tried out in."""
    evolution = settings.evolution
    actors = evolution.agents + (1 if evolution.greedy_share else 0)
    return generators * actors * settings.rollouts.copies


@dataclass
class Trial:
    """Training and acting as one function of the meta-parameters, of many at once.

    Everything random is the same at every call.

    Args:
        generator: of the form in question.
        settings: the recipe.
        head: of the real environment's actions.
        environments: `copies_for(settings, M)` of them.
        longest: steps of an episode.
        seed: of agents and training.
        episodes: seed of the real environment.
        progress: share of meta-training that is done.
        greedy: whether the best rewarded action alone acts.

    Attributes:
        real_steps: of the episodes that were looked at, so far. A batch goes on with the others' next episodes until
            its longest one is over; nobody needs those steps.
    """

    generator: EnvironmentGenerator
    settings: EnvironmentRecipe
    head: Head
    environments: Environments
    longest: int
    seed: int
    episodes: int
    progress: float
    greedy: bool = False
    real_steps: int = 0

    def losses(self, moved: list[Tensor]) -> Tensor:
        """Return minus what each of M generators is worth, `[M]`, for stacked parameters in the generator's order."""
        names = [name for name, _ in self.generator.named_parameters()]
        parameters = dict(zip(names, moved, strict=True))
        agents, generators = self.settings.evolution.agents, side_by_side(self.generator, parameters)
        # The rows of trained agents come first, then those where the best rewarded action is taken.
        taught = 0 if self.greedy else len(moved[0]) * agents * self.settings.rollouts.copies
        several = {name: value.repeat_interleave(agents, 0) for name, value in parameters.items()}
        group = self._trained(several) if taught else None

        def act(observations: Tensor) -> Tensor:
            own = [group.act(observations[:taught])] if group else []
            if taught < len(observations):
                asked = observations[taught:].unflatten(0, (len(moved[0]), -1))
                own.append(generators.best_actions(asked).flatten(0, 1))
            return torch.cat(own)

        done = whole_episodes(self.environments, act, self.episodes, self.head.to_environment, longest=self.longest)
        self.real_steps += int(done.lengths.sum())
        greedy = done.returns[taught:].reshape(len(moved[0]), -1)
        if not taught:
            return -greedy.mean(1)
        worth = done.returns[:taught].reshape(len(moved[0]), -1).mean(1)
        share = self.settings.evolution.greedy_share
        return -(worth.lerp(greedy.mean(1), share) if share else worth)

    def _trained(self, parameters: dict[str, Tensor]) -> Group:
        draws = generator_for(self.seed, "inner loop")
        count, device = len(next(iter(parameters.values()))), self.generator.shift.device
        agents = draw_agents(self.generator.spaces, self.settings.inner, count, draws).to(device)
        training = InnerTraining.draw(self.settings.inner, draws, self.progress)
        found = training.train(side_by_side(self.generator, parameters), agents, draws, differentiable=False)
        return Group(agents, {name: value.detach() for name, value in found.items()}, self.head)
