"""Architecture search with generative teaching networks: genotypes are ranked by what a teacher teaches them.

Example:
    >>> from gtn_core import RealData, Teacher
    >>> from gtn_nas import GTNEvaluation, NB201Space
    >>> space = NB201Space(channels=4, cells=1)
    >>> evaluate = GTNEvaluation(Teacher.from_pretrained("digits"), RealData.load("digits"), space, seeds=1)
    >>> evaluate(space.sample(seed=0)).status
    'ok'
"""

from gtn_nas.__about__ import __version__
from gtn_nas.evaluation import (
    CostEvaluation,
    Evaluation,
    GTNEvaluation,
    RealDataEvaluation,
    Score,
    ZeroCostEvaluation,
)
from gtn_nas.spaces import NAOSpace, NB201Space, Space

__all__ = [
    "CostEvaluation",
    "Evaluation",
    "GTNEvaluation",
    "NAOSpace",
    "NB201Space",
    "RealDataEvaluation",
    "Score",
    "Space",
    "ZeroCostEvaluation",
    "__version__",
]
