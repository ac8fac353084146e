"""Evolution strategies on a quadratic meta-loss, where truth, bias and variance are known, and on a real unroll.

Smoothing by Gaussian noise adds a constant to a quadratic, so its gradient stays; with g the gradient, the estimate
eps (eps . g) of one antithetic pair has the covariance g g' + |g|^2 I.
"""

from dataclasses import dataclass

import pytest
import torch
from torch import nn

from gtn_core.errors import ConfigurationError
from gtn_core.functional_learner import FunctionalLearner
from gtn_core.inner_optimizers import SGD
from gtn_core.meta_gradients import EvolutionStrategies, ExactMetaGradient, InverseVarianceMix
from gtn_core.typing import Batch
from gtn_core.unroll import MetaGradient, Unroll

CURVATURE = torch.tensor([[2.0, 0.5, 0.0], [0.5, 1.0, 0.3], [0.0, 0.3, 4.0]]).double()
CENTRE = torch.tensor([0.3, -1.0, 0.5]).double()
SAMPLES = 3000


@dataclass
class Quadratic:
    """Stands for an unroll whose meta-loss is a quadratic; backpropagation through it may be noisy."""

    place: nn.Parameter
    seed: int = 0
    noise: float = 0.0

    def meta_loss(self, _):
        away = self.place.detach() - CENTRE
        return away @ CURVATURE @ away / 2

    def meta_gradient(self, _parameters, batches, _memory):
        error = self.noise * torch.randn(3).double()
        return MetaGradient(self.meta_loss(batches), [CURVATURE @ (self.place.detach() - CENTRE) + error])


def estimates(estimator, noise=0.0, samples=SAMPLES):
    place = nn.Parameter(torch.zeros(3).double())
    found = [estimator(Quadratic(place, seed, noise), [place], {}).gradients[0] for seed in range(samples)]
    assert torch.equal(place, torch.zeros(3))
    return torch.stack(found), CURVATURE @ -CENTRE


@pytest.mark.parametrize("sigma", [0.01, 1.0])
@pytest.mark.parametrize("pairs", [1, 4])
def test_the_estimate_has_no_bias_and_the_known_covariance(sigma, pairs):
    found, truth = estimates(EvolutionStrategies(pairs, sigma))
    covariance = (torch.outer(truth, truth) + truth @ truth * torch.eye(3)) / pairs
    errors = (covariance.diagonal() / SAMPLES).sqrt()
    assert ((found.mean(0) - truth).abs() < 4 * errors).all()
    assert (found.T.cov() - covariance).abs().max() < 0.15 * covariance.max()


def test_all_pairs_together_say_what_they_say_one_by_one():
    place, estimator = nn.Parameter(torch.tensor([0.3, 0.2, 0.1]).double()), EvolutionStrategies(pairs=5, sigma=0.3)
    one_by_one = estimator(Quadratic(place, seed=7), [place], {})

    def losses(moved):
        away = moved[0] - CENTRE
        return torch.einsum("pi,ij,pj->p", away, CURVATURE, away) / 2

    together = estimator.together(losses, [place], seed=7)
    torch.testing.assert_close(together.gradients, one_by_one.gradients)
    torch.testing.assert_close(together.meta_loss, one_by_one.meta_loss)
    assert together.gradients[0].requires_grad is False


def test_the_mix_trusts_whichever_varies_less():
    exact, truth = estimates(InverseVarianceMix(pairs=4, sigma=0.1), samples=20)
    torch.testing.assert_close(exact, truth.expand_as(exact))  # backpropagation without noise: no variance at all
    torch.manual_seed(0)
    alone, _ = estimates(EvolutionStrategies(pairs=16, sigma=0.1), samples=300)
    for noise, most in ((100.0, 1.5), (float(truth.norm()), 1.0)):  # much noisier than evolution, and about as noisy
        mixed, _ = estimates(InverseVarianceMix(pairs=16, sigma=0.1), noise, samples=300)
        assert (mixed.var(0) < most * alone.var(0)).all()


class Smooth:
    """Images that are the meta-parameters, and a smooth learner, in float64."""

    def __init__(self):
        torch.manual_seed(0)
        self.network = nn.Sequential(nn.Flatten(), nn.Linear(4, 3), nn.Tanh(), nn.Linear(3, 2)).double()
        self.images = nn.Parameter(torch.randn(3, 4, 1, 2, 2).double())
        self.real = {3: Batch(torch.randn(9, 1, 2, 2).double(), torch.arange(9) % 2)}

    def unroll(self, seed=0):
        optimizer = SGD(3, 0.5, 0.5).double()
        labels = torch.arange(4) % 2
        return Unroll(
            FunctionalLearner(self.network), 3, lambda step: Batch(self.images[step], labels), optimizer, seed
        )


def test_many_pairs_agree_with_the_exact_meta_gradient_of_an_unroll():
    problem = Smooth()
    exact = ExactMetaGradient()(problem.unroll(), [problem.images], problem.real)
    found = EvolutionStrategies(pairs=800, sigma=0.01)(problem.unroll(), [problem.images], problem.real)
    assert found.meta_loss.item() == pytest.approx(exact.meta_loss.item(), rel=1e-3)
    (estimate,), (truth,) = found.gradients, exact.gradients
    cosine = torch.nn.functional.cosine_similarity(estimate.flatten(), truth.flatten(), dim=0)
    assert cosine > 0.94  # about 0.97 for 800 pairs in 48 dimensions


def test_the_same_seed_gives_the_same_estimate_and_leaves_the_images():
    problem = Smooth()
    before = problem.images.detach().clone()
    for estimator in (EvolutionStrategies(2), InverseVarianceMix(2)):
        one, other, another = (estimator(problem.unroll(seed), [problem.images], problem.real) for seed in (5, 5, 6))
        assert torch.equal(one.gradients[0], other.gradients[0])
        assert not torch.equal(one.gradients[0], another.gradients[0])
    assert torch.equal(problem.images, before)


@pytest.mark.parametrize(
    ("estimator", "pairs", "sigma", "fewest"),
    [(EvolutionStrategies, 0, 0.1, 1), (InverseVarianceMix, 1, 0.1, 2), (EvolutionStrategies, 2, 0.0, 1)],
)
def test_no_pairs_or_no_noise_is_refused(estimator, pairs, sigma, fewest):
    with pytest.raises(ConfigurationError, match=rf"at least {fewest} pair\(s\) and a positive sigma"):
        estimator(pairs, sigma)
