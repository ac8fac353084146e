"""How well a score ranks architectures: correlations with intervals, regret, and the picture."""

from gtn_nas.ranking._correlations import Estimate, correlate
from gtn_nas.ranking._scatter import scatter
from gtn_nas.ranking._statistics import best_of_k_regret, kendall, partial_spearman, spearman, top_spearman

__all__ = [
    "Estimate",
    "best_of_k_regret",
    "correlate",
    "kendall",
    "partial_spearman",
    "scatter",
    "spearman",
    "top_spearman",
]
