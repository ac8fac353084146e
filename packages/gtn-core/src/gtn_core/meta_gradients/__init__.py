"""Estimators of the meta-gradient, one file each, behind one interface."""

from gtn_core.meta_gradients._exact import ExactMetaGradient
from gtn_core.meta_gradients._mean import MetaGradientEstimator, mean_meta_gradient

__all__ = ["ExactMetaGradient", "MetaGradientEstimator", "mean_meta_gradient"]
