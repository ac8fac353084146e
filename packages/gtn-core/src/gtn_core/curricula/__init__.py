"""Curricula: which codes and labels the learner meets at each inner step.

One file each; `CURRICULA` is the table that a specification's `curriculum` is looked up in. Every curriculum is an
`nn.Module` whose call `curriculum(step, seed)` returns codes `[B, Z]` and labels `[B]`; all but `none` are a
`CodeSequence` of T x B codes, which `closed_loop` moves by what the learner shows. `SoftLabels` can go
with the codes of a sequence.
"""

from typing import TypeAlias

from gtn_core.curricula._all_shuffled import AllShuffledCurriculum
from gtn_core.curricula._closed_loop import MEMORY, ClosedLoopCurriculum
from gtn_core.curricula._fixed import FixedCurriculum
from gtn_core.curricula._full import FullCurriculum
from gtn_core.curricula._none import NoCurriculum
from gtn_core.curricula._sequence import CodeSequence
from gtn_core.curricula._shuffled_batches import ShuffledBatchesCurriculum
from gtn_core.curricula._soft_labels import SoftLabels

Curriculum: TypeAlias = (
    NoCurriculum
    | FixedCurriculum
    | AllShuffledCurriculum
    | ShuffledBatchesCurriculum
    | FullCurriculum
    | ClosedLoopCurriculum
)

CURRICULA: dict[str, type[Curriculum]] = {
    "none": NoCurriculum,
    "fixed": FixedCurriculum,
    "all_shuffled": AllShuffledCurriculum,
    "shuffled_batches": ShuffledBatchesCurriculum,
    "full": FullCurriculum,
    "closed_loop": ClosedLoopCurriculum,
}
LEARNED = ("all_shuffled", "shuffled_batches", "full", "closed_loop")
"""Those whose codes are meta-parameters."""

__all__ = [
    "CURRICULA",
    "LEARNED",
    "MEMORY",
    "AllShuffledCurriculum",
    "ClosedLoopCurriculum",
    "CodeSequence",
    "Curriculum",
    "FixedCurriculum",
    "FullCurriculum",
    "NoCurriculum",
    "ShuffledBatchesCurriculum",
    "SoftLabels",
]
