"""Fixed curriculum: a sequence of T batches of random codes, drawn once and never learned (paper, section 3.2)."""

from gtn_core.curricula._sequence import CodeSequence


class FixedCurriculum(CodeSequence):
    """T x B random codes in their own order; the seed changes nothing, and only the generator is learned.

    Args:
        steps: T.
        batch: B.
        code_size: Z.
        classes: number of labels.
        passes: how often every code is met.
    """

    def __init__(self, steps: int, batch: int, code_size: int, classes: int, *, passes: int = 1) -> None:
        super().__init__(steps, batch, code_size, classes, passes=passes, learned=False)
