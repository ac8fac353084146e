"""The inner loop: agents train in a generated environment by following the gradient of their expected return there.

Over discrete actions that is the expected policy gradient, which weighs every action by its probability instead of
sampling one; over continuous ones the deterministic policy gradient. In an environment of several steps the state moves
on by the mean over the agent's own actions, so that return, gradient and update are smooth functions of generator and
agent, and the whole training can be differentiated.

Sources: Ciosek and Whiteson, "Expected policy gradients" (2018); Silver et al., "Deterministic policy gradient
algorithms" (2014). Legend: P agents, S initial states an agent, D numbers of a state.
"""

from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from gtn_core import _tree
from gtn_core.inner_optimizers import SGD, Adam
from gtn_core.typing import InnerOptimizer, Tensors
from gtn_rl.environments._agents import AgentBatch, between, one_of
from gtn_rl.environments._generator import EnvironmentGenerator
from gtn_rl.environments._settings import InnerLoop

MOMENTUM = 0.9
SGD_FACTOR = 10.0


@dataclass(frozen=True)
class InnerTraining:
    """One draw of the inner hyper-parameters.

    Attributes:
        optimizer: makes the update.
        steps: inner steps.
        batch: S.
        horizon: steps of a generated episode.
        discount: within a generated episode.
    """

    optimizer: InnerOptimizer
    steps: int
    batch: int
    horizon: int
    discount: float

    @classmethod
    def draw(cls, settings: InnerLoop, generator: Generator, progress: float = 1.0) -> "InnerTraining":
        """Draw the hyper-parameters that settings leave open, when a share of meta-training is done."""
        share = settings.gentle_start + (1 - settings.gentle_start) * min(1.0, 2 * progress)
        learning_rate = share * between(settings.learning_rates, generator)
        least, most = settings.steps
        steps = least + int(torch.randint(most - least + 1, (), generator=generator))
        optimizer: Adam | SGD
        if one_of(settings.optimizers, generator) == "adam":
            optimizer = Adam(steps=1, learning_rate=learning_rate, eps_root=settings.eps_root, per_step=False)
        else:
            optimizer = SGD(steps=1, learning_rate=SGD_FACTOR * learning_rate, momentum=MOMENTUM, per_step=False)
        return cls(optimizer.requires_grad_(False), steps, settings.batch, settings.horizon, settings.discount)

    def train(
        self, environment: EnvironmentGenerator, agents: AgentBatch, noise: Generator, *, differentiable: bool
    ) -> Tensors:
        """Return the agents' parameters after training.

        Args:
            environment: to train in.
            agents: P fresh ones.
            noise: of the initial states.
            differentiable: whether the result keeps its graph back to the environment's parameters.
        """
        parameters = _tree.leaves(agents.parameters)
        state = self.optimizer.init(parameters)
        first = next(iter(parameters.values()))
        for step in range(self.steps):
            drawn = torch.randn(len(first), self.batch, environment.size, generator=noise, dtype=first.dtype)
            with torch.enable_grad():
                value = self.expected_return(environment, agents, parameters, drawn.to(first.device))
                found = torch.autograd.grad(-value.sum(), list(parameters.values()), create_graph=differentiable)
            gradients = dict(zip(parameters, found, strict=True))
            parameters, state = self.optimizer.update(step, parameters, gradients, state)
            if not differentiable:
                parameters, state = _tree.leaves(parameters), _tree.detach(state)
        return parameters

    def expected_return(
        self, environment: EnvironmentGenerator, agents: AgentBatch, parameters: Tensors, noise: Tensor
    ) -> Tensor:
        """Return each agent's expected return `[P]` over episodes that begin with noise `[P, S, D]`."""
        states = environment.initial(noise)
        total, going = torch.zeros_like(states[..., 0]), torch.ones_like(states[..., 0])
        for _ in range(self.horizon if environment.episodic else 1):
            outputs = agents.outputs(parameters, environment.observe(states))
            transition = environment.advance(states, agents.weights(outputs))
            total = total + going * transition.reward
            going = going * self.discount * torch.sigmoid(-transition.termination)
            states = transition.state
        return total.mean(-1)
