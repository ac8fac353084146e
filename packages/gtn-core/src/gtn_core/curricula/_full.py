"""Full curriculum: a learned sequence of T batches, always in the same order (paper, section 3.2)."""

from gtn_core.curricula._sequence import CodeSequence


class FullCurriculum(CodeSequence):
    """T x B learned codes in their own order; the seed changes nothing."""
