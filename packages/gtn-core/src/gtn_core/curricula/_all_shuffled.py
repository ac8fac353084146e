"""All shuffled: learned codes that every learner meets in an order of its own (paper, section 3.2)."""

from torch import Tensor

from gtn_core.curricula._sequence import CodeSequence


class AllShuffledCurriculum(CodeSequence):
    """T x B learned codes, met in an order drawn from the seed: codes can be learnt, their order cannot."""

    def places(self, step: int, seed: int) -> Tensor:
        """Return where among all codes those of an inner step stand."""
        order = self.drawn_order(self.kept * self.batch, step, seed)
        place = step % self.kept
        return order[place * self.batch : (place + 1) * self.batch].to(self.labels_TB.device, non_blocking=True)
