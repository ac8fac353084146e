"""Estimators of the meta-gradient, one file each, behind one interface."""

from gtn_core.meta_gradients._evolution import EvolutionStrategies, InverseVarianceMix
from gtn_core.meta_gradients._exact import ExactMetaGradient
from gtn_core.meta_gradients._mean import MetaGradientEstimator, mean_meta_gradient
from gtn_core.meta_gradients._persistent import PersistentEvolutionStrategies
from gtn_core.meta_gradients._window import RandomWindowMetaGradient, TruncatedMetaGradient

__all__ = [
    "EvolutionStrategies",
    "ExactMetaGradient",
    "InverseVarianceMix",
    "MetaGradientEstimator",
    "PersistentEvolutionStrategies",
    "RandomWindowMetaGradient",
    "TruncatedMetaGradient",
    "mean_meta_gradient",
]
