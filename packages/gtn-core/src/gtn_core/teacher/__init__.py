"""Arms (whatever trains a learner for T steps) and the one this project is about: the teacher."""

from gtn_core.teacher._arm import Arm
from gtn_core.teacher._artefact import RecordedAccuracy, RecordedData, TeacherCard, shipped_teachers
from gtn_core.teacher._specification import (
    AdamSpecification,
    DataSplits,
    GeneratorSpecification,
    LearnerSpecification,
    PixelsSpecification,
    SGDSpecification,
    TeacherSpecification,
)
from gtn_core.teacher._teacher import Teacher

__all__ = [
    "AdamSpecification",
    "Arm",
    "DataSplits",
    "GeneratorSpecification",
    "LearnerSpecification",
    "PixelsSpecification",
    "RecordedAccuracy",
    "RecordedData",
    "SGDSpecification",
    "Teacher",
    "TeacherCard",
    "TeacherSpecification",
    "shipped_teachers",
]
