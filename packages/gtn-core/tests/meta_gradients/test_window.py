"""Truncated windows against plain autograd that forgets the history before the window."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.func import functional_call

from gtn_core.errors import ConfigurationError
from gtn_core.functional_learner import FunctionalLearner
from gtn_core.inner_optimizers import SGD
from gtn_core.meta_gradients import ExactMetaGradient, RandomWindowMetaGradient, TruncatedMetaGradient
from gtn_core.typing import Batch
from gtn_core.unroll import Unroll

STEPS = 6
LABELS = torch.arange(4) % 3


class Problem:
    """Images that are the meta-parameters, and a smooth learner, in float64."""

    def __init__(self):
        torch.manual_seed(0)
        self.network = nn.Sequential(nn.Flatten(), nn.Linear(4, 5), nn.Tanh(), nn.Linear(5, 3)).double()
        self.images = nn.Parameter(torch.randn(STEPS, 4, 1, 2, 2).double())
        self.optimizer = SGD(STEPS, 0.3, 0.5, per_step=True).double()
        self.meta_parameters = [self.images, *self.optimizer.parameters()]
        self.real = {step: Batch(torch.randn(7, 1, 2, 2).double(), torch.arange(7) % 3) for step in range(1, STEPS + 1)}

    def unroll(self, seed=0):
        learner = FunctionalLearner(self.network)
        return Unroll(learner, STEPS, lambda step: Batch(self.images[step], LABELS), self.optimizer, seed)

    def expected(self, end, window, judged):
        """Meta-loss and gradients by plain autograd through all steps, with the history cut before the window."""
        values = dict(self.network.named_parameters())
        velocities = {name: torch.zeros_like(value) for name, value in values.items()}
        total = 0.0
        for step in range(end):
            if step == max(0, end - window):
                values = {name: value.detach().requires_grad_() for name, value in values.items()}
                velocities = {name: velocity.detach() for name, velocity in velocities.items()}
            rate, momentum = self.optimizer.learning_rate.at(step), self.optimizer.momentum.at(step)
            loss = F.cross_entropy(functional_call(self.network, values, self.images[step]), LABELS)
            gradients = torch.autograd.grad(loss, list(values.values()), create_graph=True)
            for (name, value), gradient in zip(values.items(), gradients, strict=True):
                velocities[name] = momentum * velocities[name] + gradient
                values = {**values, name: value - rate * velocities[name]}
            if batch := judged.get(step + 1):
                part = F.cross_entropy(functional_call(self.network, values, batch.images), batch.labels)
                total = total + (part if step >= end - window else part.detach())
        return total, torch.autograd.grad(total, self.meta_parameters)


@pytest.mark.parametrize("window", [1, 2, 5, 6, 9])
@pytest.mark.parametrize("memory", ["recompute", "store"])
@pytest.mark.parametrize("every", [2, STEPS])
def test_a_truncated_window_is_autograd_that_forgets_what_came_before(window, memory, every):
    problem = Problem()
    judged = {step: problem.real[step] for step in range(every, STEPS + 1, every)}
    found = TruncatedMetaGradient(window, memory)(problem.unroll(), problem.meta_parameters, judged)
    loss, gradients = problem.expected(STEPS, window, judged)
    torch.testing.assert_close(found.meta_loss, loss, rtol=1e-12, atol=0)
    for one, other in zip(found.gradients, gradients, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-9, atol=1e-12)


def test_a_random_window_ends_anywhere_and_is_truncated_there():
    problem, window = Problem(), 3
    last = {STEPS: problem.real[STEPS]}
    ends = set()
    for seed in range(30):
        found = RandomWindowMetaGradient(window)(problem.unroll(seed), problem.meta_parameters, last)
        matching = [
            end
            for end in range(1, STEPS + 1)
            if torch.isclose(problem.expected(end, window, {end: last[STEPS]})[0], found.meta_loss, rtol=1e-12)
        ]
        (end,) = matching
        expected = problem.expected(end, window, {end: last[STEPS]})[1]
        torch.testing.assert_close(found.gradients, list(expected), rtol=1e-9, atol=1e-12)
        ends.add(end)
    assert ends == {3, 4, 5, 6}


def test_a_random_window_keeps_the_meta_losses_on_the_way():
    problem = Problem()
    found = RandomWindowMetaGradient(STEPS)(problem.unroll(), problem.meta_parameters, problem.real)
    exact = ExactMetaGradient()(problem.unroll(), problem.meta_parameters, problem.real)
    torch.testing.assert_close(found, exact, rtol=1e-12, atol=0)


@pytest.mark.parametrize("estimator", [TruncatedMetaGradient, RandomWindowMetaGradient])
def test_a_window_without_steps_is_refused(estimator):
    with pytest.raises(ConfigurationError, match="at least one step; got 0"):
        estimator(0)
    problem = Problem()
    with pytest.raises(ValueError, match="at least one step; got -1"):
        problem.unroll().meta_gradient(problem.meta_parameters, {STEPS: problem.real[STEPS]}, window=-1)
