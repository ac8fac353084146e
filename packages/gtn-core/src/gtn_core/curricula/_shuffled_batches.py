"""Shuffled batches: learned batches that every learner meets in an order of its own (paper, section 3.2)."""

from gtn_core.curricula._sequence import CodeSequence


class ShuffledBatchesCurriculum(CodeSequence):
    """T learned batches, met in an order drawn from the seed: what goes together can be learnt, no order."""

    def places(self, step: int, seed: int) -> slice:
        """Return where among all codes those of an inner step stand."""
        place = int(self.drawn_order(self.kept, step, seed)[step % self.kept])
        return slice(place * self.batch, (place + 1) * self.batch)
