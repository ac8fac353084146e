"""All shuffled: learned codes that every learner meets in an order of its own (paper, section 3.2)."""

import torch
from torch import Tensor

from gtn_core.curricula._sequence import CodeSequence
from gtn_core.seeding import generator_for


class AllShuffledCurriculum(CodeSequence):
    """T x B learned codes, each met once in an order drawn from the seed: codes can be learnt, their order cannot."""

    def places(self, step: int, seed: int) -> Tensor:
        """Return where in the whole sequence the codes of an inner step stand."""
        order = torch.randperm(self.steps * self.batch, generator=generator_for(seed, "curriculum"))
        return order[step * self.batch : (step + 1) * self.batch].to(self.labels_TB.device, non_blocking=True)
