"""Curricula: which codes and labels the learner meets at each inner step.

One file each; `CURRICULA` is the table that a specification's `curriculum` is looked up in. Every curriculum is an
`nn.Module` whose call `curriculum(step, seed)` returns codes `[B, Z]` and labels `[B]`.
"""

from gtn_core.curricula._full import FullCurriculum
from gtn_core.curricula._none import NoCurriculum

CURRICULA: dict[str, type[FullCurriculum] | type[NoCurriculum]] = {"full": FullCurriculum, "none": NoCurriculum}

__all__ = ["CURRICULA", "FullCurriculum", "NoCurriculum"]
