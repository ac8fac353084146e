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
    actors = settings.evolution.agents + (1 if settings.evolution.greedy_share else 0)
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
    real_steps: int = 0

    def losses(self, moved: list[Tensor]) -> Tensor:
        """Return minus what each of M generators is worth, `[M]`, for stacked parameters in the generator's order."""
        names = [name for name, _ in self.generator.named_parameters()]
        parameters = dict(zip(names, moved, strict=True))
        agents, copies = self.settings.evolution.agents, self.settings.rollouts.copies
        group = self._trained({name: value.repeat_interleave(agents, 0) for name, value in parameters.items()})
        generators, alone = side_by_side(self.generator, parameters), len(moved[0]) * agents * copies

        def act(observations: Tensor) -> Tensor:
            own = group.act(observations[:alone])
            if len(observations) == alone:
                return own
            asked = observations[alone:].unflatten(0, (-1, copies))
            return torch.cat((own, generators.best_actions(asked).flatten(0, 1)))

        done = whole_episodes(self.environments, act, self.episodes, self.head.to_environment, longest=self.longest)
        self.real_steps += int(done.lengths.sum())
        worth = done.returns[:alone].reshape(-1, agents * copies).mean(1)
        if share := self.settings.evolution.greedy_share:
            worth = worth.lerp(done.returns[alone:].reshape(-1, copies).mean(1), share)
        return -worth

    def _trained(self, parameters: dict[str, Tensor]) -> Group:
        draws = generator_for(self.seed, "inner loop")
        count, device = len(next(iter(parameters.values()))), self.generator.shift.device
        agents = draw_agents(self.generator.spaces, self.settings.inner, count, draws).to(device)
        training = InnerTraining.draw(self.settings.inner, draws, self.progress)
        found = training.train(side_by_side(self.generator, parameters), agents, draws, differentiable=False)
        return Group(agents, {name: value.detach() for name, value in found.items()}, self.head)
