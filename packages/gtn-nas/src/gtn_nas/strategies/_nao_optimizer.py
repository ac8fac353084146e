"""Neural architecture optimization as a dialogue: `ask` for a genotype, `tell` its score.

The first proposals are random. From then on, a fresh encoder, predictor and decoder are trained on all that is scored.
The best genotypes are embedded, the embeddings climb the predicted score step by step, and what the decoder writes on
the way, if it is new, is proposed, best prediction first. Where that gives too few, a good genotype with one place
changed is proposed, and at last a random one.

Scores are learnt as ranks, so that any score will do, whatever its scale, and diverged genotypes are simply the worst.
Random genotypes that nobody scored help the decoder to learn its language.

Everything random is drawn from (seed, number of the proposal), and networks are trained afresh each time: what the
optimizer has been told is its whole state.

Source: Luo et al., "Neural architecture optimization" (2018), algorithm 1. The fallbacks, the ranks and the unscored
genotypes are ours.
"""

from collections.abc import Mapping, Sequence
from itertools import islice
from math import prod
from typing import Any, TypeAlias

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from gtn_core.seeding import derive_seed, generator_for, seeded
from gtn_nas.strategies._nao_network import NAONetwork

Numbers: TypeAlias = tuple[int, ...]
"""A genotype: at each place the number of the value chosen."""

BATCH = 32
LEARNING_RATE = 3e-3
PREDICTION_SHARE = 0.8
STRIDE = 0.15
"""Length of a step in the embedding, at each place, where the embedding is a unit vector."""
CLIMBING_STEPS = 12
PATIENCE = 1000
"""Draws without a new genotype after which the search space counts as exhausted."""


class NAOptimizer:
    """Proposes genotypes, better and better ones.

    Args:
        sizes: how many values each place of a genotype may take.
        seed: of everything random.
        initial: random proposals at the start.
        generation: proposals of one training.
        steps: of each training.

    Example:
        >>> optimizer = NAOptimizer([3, 3], initial=2)
        >>> first = optimizer.ask()
        >>> optimizer.tell(first, 0.5)
        >>> optimizer.best == (first, 0.5)
        True
    """

    def __init__(
        self, sizes: Sequence[int], *, seed: int = 0, initial: int = 20, generation: int = 10, steps: int = 100
    ) -> None:
        self.sizes = tuple(sizes)
        self.seed, self.initial, self.generation, self.steps = seed, initial, generation, steps
        self.origins = {"random": 0, "decoded": 0, "mutated": 0}
        self._scores: dict[Numbers, float] = {}
        self._open: dict[Numbers, str] = {}
        self._planned: list[tuple[Numbers, str]] = []
        self._asked = 0

    @property
    def best(self) -> tuple[Numbers, float] | None:
        """The best genotype so far, and its score."""
        return max(self._scores.items(), key=lambda item: item[1]) if self._scores else None

    def ask(self) -> Numbers | None:
        """Return a genotype that was never asked before; None if the search space seems to hold no more."""
        if not self._planned and self._asked >= self.initial and len(self._scores) > 1:
            self._planned = self._plan()
        found = self._planned.pop(0) if self._planned else self._random(self._stream("random"), ())
        if found is None:
            return None
        numbers, origin = found
        self._asked += 1
        self.origins[origin] += 1
        self._open[numbers] = origin
        return numbers

    def tell(self, numbers: Numbers, score: float) -> None:
        """Take note of a score; of a genotype that was asked for, or of any other."""
        self._open.pop(numbers, None)
        self._scores[numbers] = score

    def forget(self, numbers: Numbers) -> None:
        """Give up a genotype that was asked for and cannot be scored; it is not proposed again."""
        self.tell(numbers, -torch.inf)

    def state_dict(self) -> dict[str, Any]:
        """Return all that the next proposals depend on, as plain values."""
        return {
            "asked": self._asked,
            "scores": list(self._scores.items()),
            "planned": list(self._planned),
            "open": list(self._open.items()),
            "origins": dict(self.origins),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from a state. What was asked for and never told is asked for again, first of all."""
        self._scores, self._open = dict(state["scores"]), {}
        self._planned = [*state["open"], *state["planned"]]
        self._asked = state["asked"] - len(state["open"])
        self.origins = dict(state["origins"])
        for _, origin in state["open"]:
            self.origins[origin] -= 1

    def _plan(self) -> list[tuple[Numbers, str]]:
        """Return the proposals of the next generation."""
        ranked = sorted(self._scores, key=lambda numbers: self._scores[numbers], reverse=True)
        parents = ranked[: max(self.generation, len(ranked) // 5)]
        with seeded(derive_seed(self.seed, "network", self._asked)):
            network = NAONetwork(self.sizes)
        self._train(network, ranked)
        planned = [(numbers, "decoded") for numbers in islice(self._decoded(network, parents), self.generation)]
        stream = self._stream("mutation")
        while len(planned) < self.generation:
            taken = [numbers for numbers, _ in planned]
            found = self._mutated(stream, parents, taken) or self._random(stream, taken)
            if found is None:
                break
            planned.append(found)
        return planned

    def _train(self, network: NAONetwork, ranked: Sequence[Numbers]) -> None:
        scored_NP = torch.tensor(ranked)
        targets_N = torch.linspace(1.0, 0.0, len(ranked))
        optimizer = torch.optim.Adam(network.parameters(), LEARNING_RATE, weight_decay=1e-4)
        stream = self._stream("training")
        for _ in range(self.steps):
            picked_B = torch.randint(len(ranked), (BATCH,), generator=stream)
            unscored_BP = torch.stack([torch.randint(size, (BATCH,), generator=stream) for size in self.sizes], dim=1)
            choices_BP = torch.cat([scored_NP[picked_B], unscored_BP])
            embeddings_BPH = network.encode(choices_BP)
            missed = F.mse_loss(network.predict(embeddings_BPH[:BATCH]), targets_N[picked_B])
            surprise = network.reconstruct(embeddings_BPH, choices_BP)
            optimizer.zero_grad()
            (PREDICTION_SHARE * missed + (1 - PREDICTION_SHARE) * surprise).backward()
            optimizer.step()

    def _decoded(self, network: NAONetwork, parents: Sequence[Numbers]) -> list[Numbers]:
        """Return the new genotypes that the decoder writes uphill from the parents, best prediction first."""
        embeddings_BPH = network.encode(torch.tensor(parents)).detach()
        found: dict[Numbers, None] = {}
        for _ in range(CLIMBING_STEPS):
            embeddings_BPH = network.climb(embeddings_BPH, STRIDE)
            found |= dict.fromkeys(_rows(network.decode(embeddings_BPH)))
        fresh = [numbers for numbers in found if not self._known(numbers)]
        if not fresh:
            return []
        with torch.no_grad():
            expected = network.predict(network.encode(torch.tensor(fresh))).tolist()
        return [numbers for _, numbers in sorted(zip(expected, fresh, strict=True), reverse=True)]

    def _mutated(
        self, stream: Generator, parents: Sequence[Numbers], taken: Sequence[Numbers]
    ) -> tuple[Numbers, str] | None:
        """Return a new genotype that differs from a parent in one place."""
        for _ in range(PATIENCE):
            numbers = [*parents[_draw(len(parents), stream)]]
            place = _draw(len(numbers), stream)
            numbers[place] = _draw(self.sizes[place], stream)
            if not self._known(tuple(numbers)) and tuple(numbers) not in taken:
                return tuple(numbers), "mutated"
        return None

    def _random(self, stream: Generator, taken: Sequence[Numbers]) -> tuple[Numbers, str] | None:
        if len(self._scores) + len(self._open) + len(taken) >= prod(self.sizes):
            return None
        for _ in range(PATIENCE):
            numbers = tuple(_draw(size, stream) for size in self.sizes)
            if not self._known(numbers) and numbers not in taken:
                return numbers, "random"
        return None

    def _known(self, numbers: Numbers) -> bool:
        return numbers in self._scores or numbers in self._open

    def _stream(self, name: str) -> Generator:
        return generator_for(self.seed, name, self._asked)


def _draw(size: int, stream: Generator) -> int:
    return int(torch.randint(size, (), generator=stream))


def _rows(choices_BP: Tensor) -> list[Numbers]:
    return [tuple(row) for row in choices_BP.tolist()]
