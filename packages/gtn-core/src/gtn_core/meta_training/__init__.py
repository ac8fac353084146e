"""Meta-training: the settings of the outer loop, and the loop."""

from gtn_core.meta_training._real_batches import RealBatches
from gtn_core.meta_training._settings import OuterLoop
from gtn_core.meta_training._trainer import MetaTrainer

__all__ = ["MetaTrainer", "OuterLoop", "RealBatches"]
