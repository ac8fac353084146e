"""Real data: labelled images as tensors, split, normalised and ready to be drawn in batches."""

from gtn_core.data._augmentation import Augmentation, augment
from gtn_core.data._normalization import Normalization
from gtn_core.data._quiet import quiet
from gtn_core.data._real_data import RealData, Split

__all__ = ["Augmentation", "Normalization", "RealData", "Split", "augment", "quiet"]
