"""Persistent evolution strategies where truth, bias and variance are known, and on a real unroll.

The meta-losses below are quadratics of all that the truncations bring in, so that smoothing adds a constant and an
antithetic pair sees exact slopes: with g_kj the gradient of the meta-loss in truncation k by the meta-parameters as
truncation j has them, a pair estimates sum_ij eps_i (eps_j . c_ij) with c_ij = sum_{k >= max(i, j)} g_kj. Its mean is
the whole gradient and, the noise being Gaussian, its covariance is sum_ij (|c_ij|^2 I + c_ji c_ij').
"""

from dataclasses import dataclass, field
from math import ceil

import pytest
import torch
from torch import Tensor, nn

from gtn_core.errors import ConfigurationError
from gtn_core.functional_learner import FunctionalLearner
from gtn_core.inner_optimizers import SGD
from gtn_core.meta_gradients import EvolutionStrategies, ExactMetaGradient, PersistentEvolutionStrategies
from gtn_core.meta_training import OuterLoop
from gtn_core.typing import Batch
from gtn_core.unroll import Unroll

STEPS, SAMPLES = 6, 2000
PLACE = torch.tensor([0.5, -0.3, 1.0]).double()
EVERY_STEP, THE_END = tuple(range(1, STEPS + 1)), (STEPS,)


def effects(seed=0):
    """How each step moves the state, in which the meta-loss is quadratic."""
    return torch.randn(STEPS, 2, 3, generator=torch.Generator().manual_seed(seed)).double()


@dataclass
class QuadraticLoop:
    """Stands for an unroll: each step decays a state and adds what the meta-parameters bring in."""

    place: Tensor
    seed: int = 0
    effects: Tensor = field(default_factory=effects)
    steps = STEPS

    def start(self):
        return torch.zeros(2).double()

    def advance(self, state, first, last, judged):
        total = torch.zeros(()).double()
        for step in range(first, last):
            state = 0.9 * state + self.effects[step] @ self.place.detach()
            total = total + (self.loss(state) if step + 1 in judged else 0)
        return total, state

    def meta_loss(self, judged):
        return self.advance(self.start(), 0, STEPS, judged)[0]

    @staticmethod
    def loss(state):
        away = state - torch.tensor([1.0, -2.0]).double()
        return away @ away / 2


def slopes(window, judged):
    """The gradients g_kj, by autograd through a copy of the meta-parameters for each truncation."""
    copies = [PLACE.clone().requires_grad_() for _ in range(ceil(STEPS / window))]
    state, loop, losses = torch.zeros(2).double(), QuadraticLoop(PLACE), [torch.zeros(()).double() for _ in copies]
    for step in range(STEPS):
        state = 0.9 * state + loop.effects[step] @ copies[step // window]
        if step + 1 in judged:
            losses[step // window] = losses[step // window] + loop.loss(state)
    zeros = [torch.zeros(3).double() for _ in copies]
    return [
        torch.autograd.grad(loss, copies, retain_graph=True, allow_unused=True, materialize_grads=True)
        if loss.requires_grad
        else zeros
        for loss in losses
    ]


def moments(window, judged, pairs):
    """Mean and covariance that theory gives the estimate."""
    found = slopes(window, judged)
    count = len(found)
    both = {(i, j): sum(found[k][j] for k in range(max(i, j), count)) for i in range(count) for j in range(count)}
    spread = sum(both[i, j] @ both[i, j] * torch.eye(3) + torch.outer(both[j, i], both[i, j]) for i, j in both)
    return sum(both[i, i] for i in range(count)), spread / pairs


def estimates(estimator, judged):
    place = nn.Parameter(PLACE.clone())
    found = [estimator(QuadraticLoop(place, seed), [place], dict.fromkeys(judged)) for seed in range(SAMPLES)]
    assert torch.equal(place, PLACE)
    return torch.stack([one.gradients[0] for one in found])


@pytest.mark.parametrize("judged", [EVERY_STEP, THE_END], ids=["every step", "the end"])
@pytest.mark.parametrize(("window", "pairs", "sigma"), [(1, 1, 1.0), (4, 2, 0.01)])
def test_the_estimate_has_no_bias_and_the_known_covariance(window, pairs, sigma, judged):
    truth, covariance = moments(window, judged, pairs)
    torch.testing.assert_close(truth, slopes(STEPS, judged)[0][0])  # the whole gradient
    found = estimates(PersistentEvolutionStrategies(window, pairs, sigma), judged)
    errors = (covariance.diagonal() / SAMPLES).sqrt()
    assert ((found.mean(0) - truth).abs() < 4 * errors).all()
    assert (found.T.cov() - covariance).abs().max() < 0.15 * covariance.max()


def test_the_smoothed_meta_loss_comes_with_it():
    """Of a quadratic, smoothing adds sigma^2 / 2 times the trace of its second derivative, for each truncation."""
    place, sigma = nn.Parameter(PLACE.clone()), 0.5
    judged = dict.fromkeys(THE_END)
    found = [
        PersistentEvolutionStrategies(2, 1, sigma)(QuadraticLoop(place, seed), [place], judged)
        for seed in range(SAMPLES)
    ]
    loop = QuadraticLoop(place)
    brought = [sum(0.9 ** (STEPS - 1 - step) * loop.effects[step] for step in range(k, k + 2)) for k in (0, 2, 4)]
    expected = loop.meta_loss(judged) + sigma**2 / 2 * sum(one.square().sum() for one in brought)
    losses = torch.stack([one.meta_loss for one in found])
    assert abs(losses.mean() - expected) < 4 * losses.std() / SAMPLES**0.5


class Smooth:
    """Images that are the meta-parameters, and a smooth learner, in float64; a meta-loss on the way."""

    def __init__(self):
        torch.manual_seed(0)
        self.network = nn.Sequential(nn.Flatten(), nn.Linear(4, 3), nn.Tanh(), nn.Linear(3, 2)).double()
        self.images = nn.Parameter(torch.randn(4, 4, 1, 2, 2).double())
        self.real = {step: Batch(torch.randn(9, 1, 2, 2).double(), torch.arange(9) % 2) for step in (1, 2, 4)}

    def unroll(self, seed=0):
        optimizer, labels = SGD(4, 0.5, 0.5).double(), torch.arange(4) % 2
        learner = FunctionalLearner(self.network)
        return Unroll(learner, 4, lambda step: Batch(self.images[step], labels), optimizer, seed)


@pytest.mark.parametrize("window", [4, 9])
def test_one_truncation_is_evolution_strategies(window):
    problem = Smooth()
    persistent, plain = (
        estimator(problem.unroll(), [problem.images], problem.real)
        for estimator in (PersistentEvolutionStrategies(window, 3), EvolutionStrategies(3))
    )
    assert torch.equal(persistent.gradients[0], plain.gradients[0])
    assert torch.equal(persistent.meta_loss, plain.meta_loss)


def test_many_pairs_agree_with_the_exact_meta_gradient_of_an_unroll():
    problem = Smooth()
    before = problem.images.detach().clone()
    exact = ExactMetaGradient()(problem.unroll(), [problem.images], problem.real)
    found = PersistentEvolutionStrategies(3, 800, 0.01)(problem.unroll(), [problem.images], problem.real)
    assert torch.equal(problem.images, before)
    assert found.meta_loss.item() == pytest.approx(exact.meta_loss.item(), rel=1e-3)
    (estimate,), (truth,) = found.gradients, exact.gradients
    cosine = torch.nn.functional.cosine_similarity(estimate.flatten(), truth.flatten(), dim=0)
    assert cosine > 0.9


def test_the_same_seed_gives_the_same_estimate():
    problem, estimator = Smooth(), PersistentEvolutionStrategies(2, 2)
    one, other, another = (estimator(problem.unroll(seed), [problem.images], problem.real) for seed in (5, 5, 6))
    assert torch.equal(one.gradients[0], other.gradients[0])
    assert not torch.equal(one.gradients[0], another.gradients[0])


def test_a_recipe_can_ask_for_it():
    settings = OuterLoop(steps=1, estimator={"kind": "persistent_evolution_strategies", "window": 4, "pairs": 2})
    assert settings.estimator.build("recompute") == PersistentEvolutionStrategies(4, 2, 0.01)


@pytest.mark.parametrize(
    ("window", "pairs", "sigma", "message"),
    [(0, 1, 0.1, "at least one step; got 0"), (1, 0, 0.1, "at least 1 pair"), (1, 1, 0.0, "positive sigma")],
)
def test_no_steps_no_pairs_or_no_noise_is_refused(window, pairs, sigma, message):
    with pytest.raises(ConfigurationError, match=message):
        PersistentEvolutionStrategies(window, pairs, sigma)
