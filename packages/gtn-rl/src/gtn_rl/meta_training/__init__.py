"""The outer loop that both kinds of artefact share."""

from gtn_rl.meta_training._meta_step import meta_step
from gtn_rl.meta_training._settings import OuterLoop
from gtn_rl.meta_training._task import Outcome, Task
from gtn_rl.meta_training._trainer import MetaTrainer

__all__ = ["MetaTrainer", "Outcome", "OuterLoop", "Task", "meta_step"]
