"""Generative teaching networks: data invented so that a fresh network learns from it in a few SGD steps.

Example:
    >>> from gtn_core import RealData, Teacher, few_step_accuracy
    >>> teacher = Teacher.from_pretrained("digits")
    >>> found = few_step_accuracy(teacher, learners="digits-convnet", data=RealData.load("digits"), count=3)
    >>> found.mean > 0.8
    True
"""

from gtn_core.__about__ import __version__
from gtn_core.data import RealData
from gtn_core.errors import GTNError
from gtn_core.evaluation import FewStepAccuracy, few_step_accuracy
from gtn_core.teacher import Teacher

__all__ = ["FewStepAccuracy", "GTNError", "RealData", "Teacher", "__version__", "few_step_accuracy"]
