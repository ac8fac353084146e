"""Persistent evolution strategies: fresh noise for every few inner steps, whose sum multiplies their meta-loss.

The T inner steps are cut into truncations of `window` steps. Each has noise eps_k of its own on the meta-parameters,
and the meta-loss L_k that falls into it depends on the noise so far, xi_k = eps_0 + ... + eps_k, and on no later one.
An antithetic pair hence estimates

    sum_k xi_k (L_k(phi + sigma eps_0, ..., phi + sigma eps_k) - L_k(phi - sigma eps_0, ...)) / (2 sigma),

without bias for the meta-loss that is smoothed by independent noise in each truncation: for j > k, eps_j L_k has mean
zero and is left out. With one truncation this is `EvolutionStrategies`.

What it costs: to a meta-loss at the end alone, K truncations that bring in the slopes g_j give a variance that grows
like K sum_j |g_j|^2, which is never below the |sum_j g_j|^2 of one noise for all. Meta-losses on the way
(`outer.intermediate_every`) are spared the noise of later truncations; where all slopes are equal, that leaves about
two thirds of the variance of one noise, but slopes that differ from step to step cost more than it saves.

Source: Vicol, Metz and Sohl-Dickstein, "Unbiased gradient estimation in unrolled computation graphs with persistent
evolution strategies" (2021).

Known weaknesses: in the paper the meta-parameters move after every truncation, while particles live on. Here all
truncations of an unroll make one estimate, since every outer step draws a new learner; what is left of the method is
its smoothing and its variance.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from gtn_core.errors import ConfigurationError
from gtn_core.meta_gradients._evolution import along, check_noise, moved, noise_like, noise_stream
from gtn_core.meta_gradients._mean import mean_of
from gtn_core.typing import MetaBatches
from gtn_core.unroll import MetaGradient, Unroll


@dataclass(frozen=True)
class PersistentEvolutionStrategies:
    """Antithetic evolution strategies with fresh noise in every truncation, all truncations of an unroll in one call.

    Args:
        window: inner steps a truncation, at least 1; from T on it is `EvolutionStrategies`.
        pairs: antithetic pairs an unroll, at least 1.
        sigma: standard deviation of the noise on every meta-parameter, positive.

    Raises:
        ConfigurationError: a window below 1, no pairs, or no noise.
    """

    window: int
    pairs: int = 8
    sigma: float = 0.01

    def __post_init__(self) -> None:
        """Refuse what cannot be estimated with."""
        if self.window < 1:
            raise ConfigurationError(f"a window has at least one step; got {self.window}")
        check_noise(self.pairs, self.sigma, fewest=1)

    def __call__(self, unroll: Unroll, meta_parameters: Sequence[Tensor], meta_batches: MetaBatches) -> MetaGradient:
        """Return the mean meta-loss of all pairs and the estimate of one unroll."""
        return mean_of(self._pair(unroll, meta_parameters, meta_batches, pair) for pair in range(self.pairs))

    def _pair(
        self, unroll: Unroll, meta_parameters: Sequence[Tensor], meta_batches: MetaBatches, pair: int
    ) -> MetaGradient:
        generator = noise_stream(unroll.seed, pair)
        total, start = unroll.advance(unroll.start(), 0, 0, meta_batches)
        states = {1: start, -1: start}
        noise_so_far, gradients = ([torch.zeros_like(one) for one in meta_parameters] for _ in range(2))
        for first in range(0, unroll.steps, self.window):
            noise = noise_like(meta_parameters, generator)
            noise_so_far = [one + fresh for one, fresh in zip(noise_so_far, noise, strict=True)]
            losses = []
            for sign in states:
                with moved(meta_parameters, noise, sign * self.sigma):
                    last = min(first + self.window, unroll.steps)
                    loss, states[sign] = unroll.advance(states[sign], first, last, meta_batches)
                losses.append(loss)
            total = total + (losses[0] + losses[1]) / 2
            shares = along(losses, noise_so_far, self.sigma)
            gradients = [one + share for one, share in zip(gradients, shares, strict=True)]
        return MetaGradient(total, gradients)
