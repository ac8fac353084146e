"""Evolution strategies, and their mix with backpropagation by inverse variance.

Evolution strategies follow the meta-loss smoothed by Gaussian noise on the meta-parameters. Nothing is differentiated:
the estimate from an antithetic pair is eps (L(phi + sigma eps) - L(phi - sigma eps)) / (2 sigma). Its variance grows
with the number of meta-parameters, but not with the sharpness of the meta-loss; that of backpropagation does the
opposite. The mix weighs the two, number by number, by the inverse of the variance that the pairs show.

Source: Salimans et al., "Evolution strategies as a scalable alternative to reinforcement learning" (2017); Metz et al.,
"Understanding and correcting pathologies in the training of learned optimizers" (2019), for the mix, which Such et al.
(2020), section 2, used where there was no weight normalisation.

Known weaknesses: a pair costs two unrolls (of the mix: two meta-gradients), one after the other.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor

from gtn_core import _tree
from gtn_core.errors import ConfigurationError
from gtn_core.meta_gradients._mean import mean_of
from gtn_core.seeding import generator_for
from gtn_core.typing import MemoryMode, MetaBatches
from gtn_core.unroll import MetaGradient, Unroll


@dataclass(frozen=True)
class EvolutionStrategies:
    """Antithetic evolution strategies: unbiased for the smoothed meta-loss.

    Args:
        pairs: antithetic pairs an unroll, at least 1.
        sigma: standard deviation of the noise on every meta-parameter, positive.

    Raises:
        ConfigurationError: no pairs, or no noise.
    """

    pairs: int = 8
    sigma: float = 0.01

    def __post_init__(self) -> None:
        check_noise(self.pairs, self.sigma, fewest=1)

    def __call__(self, unroll: Unroll, meta_parameters: Sequence[Tensor], meta_batches: MetaBatches) -> MetaGradient:
        """Return the mean meta-loss of all pairs and the estimate of one unroll."""
        noises = _noises(unroll.seed, meta_parameters, self.pairs)
        return mean_of(self._pair(unroll, meta_parameters, meta_batches, noise) for noise in noises)

    def together(
        self, meta_losses: Callable[[list[Tensor]], Tensor], meta_parameters: Sequence[Tensor], seed: int
    ) -> MetaGradient:
        """Return what all pairs together say of any meta-loss that can be had of many meta-parameters as one batch.

        Args:
            meta_losses: of stacked meta-parameters `[pairs, ...]`, a loss for each, `[pairs]`. It is called once for
                either side, and whatever else it draws at random must be the same both times.
            meta_parameters: stay as they are.
            seed: of the noise.

        Example:
            >>> estimator = EvolutionStrategies(pairs=1000, sigma=0.1)
            >>> found = estimator.together(lambda moved: moved[0].square().sum(-1), [torch.tensor([1.0, 0.0])], seed=0)
            >>> [round(value) for value in found.gradients[0].tolist()]
            [2, 0]
        """
        noises = _noises(seed, meta_parameters, self.pairs)
        stacked = [torch.stack(column) for column in zip(*noises, strict=True)]
        losses = []
        with torch.no_grad():
            for sign in (1, -1):
                moved = zip(meta_parameters, stacked, strict=True)
                losses.append(meta_losses([one.detach() + sign * self.sigma * noise for one, noise in moved]))
            slopes = (losses[0] - losses[1]) / (2 * self.sigma)
            gradients = [torch.tensordot(slopes.to(noise), noise, 1) / self.pairs for noise in stacked]
        return MetaGradient(torch.stack(losses).mean(), gradients)

    def _pair(
        self, unroll: Unroll, meta_parameters: Sequence[Tensor], meta_batches: MetaBatches, noise: list[Tensor]
    ) -> MetaGradient:
        losses = []
        for sign in (1, -1):
            with moved(meta_parameters, noise, sign * self.sigma):
                losses.append(unroll.meta_loss(meta_batches))
        return MetaGradient((losses[0] + losses[1]) / 2, along(losses, noise, self.sigma))


@dataclass(frozen=True)
class InverseVarianceMix:
    """Evolution strategies and the exact meta-gradient at the same noisy meta-parameters, weighed by inverse variance.

    Both are unbiased for the smoothed meta-loss. The weights come from the same pairs, so the mix of few pairs is
    slightly biased.

    Args:
        pairs: antithetic pairs an unroll, at least 2, since their spread is measured.
        sigma: standard deviation of the noise on every meta-parameter, positive.
        memory: as for `ExactMetaGradient`.

    Raises:
        ConfigurationError: fewer than two pairs, or no noise.
    """

    pairs: int = 4
    sigma: float = 0.01
    memory: MemoryMode | str = "recompute"

    def __post_init__(self) -> None:
        check_noise(self.pairs, self.sigma, fewest=2)

    def __call__(self, unroll: Unroll, meta_parameters: Sequence[Tensor], meta_batches: MetaBatches) -> MetaGradient:
        """Return the mean meta-loss of all pairs and the estimate of one unroll."""
        losses: list[Tensor] = []
        evolved, differentiated = ([_Moments(parameter) for parameter in meta_parameters] for _ in range(2))
        for noise in _noises(unroll.seed, meta_parameters, self.pairs):
            found = []
            for sign in (1, -1):
                with moved(meta_parameters, noise, sign * self.sigma):
                    found.append(unroll.meta_gradient(meta_parameters, meta_batches, self.memory))
            losses += [one.meta_loss for one in found]
            for moments, estimate in zip(evolved, along(losses[-2:], noise, self.sigma), strict=True):
                moments.add(estimate)
            for moments, *both in zip(differentiated, *(one.gradients for one in found), strict=True):
                moments.add((both[0] + both[1]) / 2)
        mixed = [_mix(one, other) for one, other in zip(evolved, differentiated, strict=True)]
        return MetaGradient(torch.stack(losses).mean(), mixed)


class _Moments:
    """Running mean and spread of a tensor (Welford)."""

    def __init__(self, like: Tensor) -> None:
        self.count = 0
        self.mean, self._squares = torch.zeros_like(like), torch.zeros_like(like)

    def add(self, value: Tensor) -> None:
        self.count += 1
        step = value - self.mean
        self.mean = self.mean + step / self.count
        self._squares = self._squares + step * (value - self.mean)

    def variance(self) -> Tensor:
        return self._squares / (self.count - 1)


def _mix(one: _Moments, other: _Moments) -> Tensor:
    """Weigh two means by the inverse of their variances; equally where neither varies."""
    total = one.variance() + other.variance()
    share = torch.where(total > 0, other.variance() / total, 0.5)  # of `one`
    return share * one.mean + (1 - share) * other.mean


def _noises(seed: int, meta_parameters: Sequence[Tensor], pairs: int) -> Iterator[list[Tensor]]:
    for pair in range(pairs):
        yield noise_like(meta_parameters, noise_stream(seed, pair))


def noise_stream(seed: int, pair: int) -> torch.Generator:
    """Return where an antithetic pair has its noise from."""
    return generator_for(seed, "evolution strategies", pair)


def noise_like(tensors: Sequence[Tensor], generator: torch.Generator) -> list[Tensor]:
    """Return standard normal noise for every tensor."""
    return [torch.randn(one.shape, generator=generator, dtype=one.dtype).to(one.device) for one in tensors]


@contextmanager
def moved(meta_parameters: Sequence[Tensor], noise: Sequence[Tensor], distance: float) -> Iterator[None]:
    """Within the body the meta-parameters lie that far along the noise; after it, exactly where they were."""
    with _tree.restored(meta_parameters):
        with torch.no_grad():
            for parameter, direction in zip(meta_parameters, noise, strict=True):
                parameter.add_(direction, alpha=distance)
        yield


def along(losses: Sequence[Tensor], noise: Sequence[Tensor], sigma: float) -> list[Tensor]:
    """Return the noise times the slope that the losses of an antithetic pair show."""
    slope = (losses[0] - losses[1]) / (2 * sigma)
    return [slope * direction for direction in noise]


def check_noise(pairs: int, sigma: float, fewest: int) -> None:
    """Raise `ConfigurationError` unless there are enough antithetic pairs, and noise."""
    if pairs < fewest or not sigma > 0:
        raise ConfigurationError(
            f"evolution strategies need at least {fewest} pair(s) and a positive sigma; got {pairs} and {sigma}"
        )
