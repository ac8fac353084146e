"""Shuffled batches: learned batches that every learner meets in an order of its own (paper, section 3.2)."""

import torch

from gtn_core.curricula._sequence import CodeSequence
from gtn_core.seeding import generator_for


class ShuffledBatchesCurriculum(CodeSequence):
    """T learned batches, each met once in an order drawn from the seed: what goes together can be learnt, no order."""

    def places(self, step: int, seed: int) -> slice:
        """Return where in the whole sequence the codes of an inner step stand."""
        order = torch.randperm(self.steps, generator=generator_for(seed, "curriculum"))
        place = int(order[step])
        return slice(place * self.batch, (place + 1) * self.batch)
