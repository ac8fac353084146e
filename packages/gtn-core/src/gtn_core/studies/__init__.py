"""Experiments of the paper, one file each, and what they all need: arms, runs, statistics, results."""

from gtn_core.errors import UnknownNameError
from gtn_core.studies._arm import ArmRun, Outcome, StudyArm
from gtn_core.studies._curricula import CurriculaStudy
from gtn_core.studies._data_sources import DataSourcesStudy
from gtn_core.studies._endless_data import EndlessDataStudy
from gtn_core.studies._images_per_class import ImagesPerClassStudy
from gtn_core.studies._intermediate_losses import IntermediateLossesStudy
from gtn_core.studies._labels import LabelsStudy
from gtn_core.studies._mode_collapse import ModeCollapseStudy
from gtn_core.studies._result import STUDY, AnyChart, Group, GroupChart, ImageChart, Line, LineChart, StudyResult, Table
from gtn_core.studies._statistics import Difference, difference
from gtn_core.studies._study import Findings, Study, chosen
from gtn_core.studies._transfer import TransferStudy
from gtn_core.studies._weight_norm import WeightNormStudy
from gtn_core.studies._workshop import Workshop

STUDIES: dict[str, Study] = {
    study.name: study
    for study in (
        DataSourcesStudy(),
        CurriculaStudy(),
        TransferStudy(),
        IntermediateLossesStudy(),
        LabelsStudy(),
        EndlessDataStudy(),
        ImagesPerClassStudy(),
        WeightNormStudy(),
        ModeCollapseStudy(),
    )
}

__all__ = [
    "STUDIES",
    "STUDY",
    "AnyChart",
    "ArmRun",
    "Difference",
    "Findings",
    "Group",
    "GroupChart",
    "ImageChart",
    "Line",
    "LineChart",
    "Outcome",
    "Study",
    "StudyArm",
    "StudyResult",
    "Table",
    "Workshop",
    "chosen",
    "difference",
    "find_study",
]


def find_study(name: str) -> Study:
    """Return the study of that name.

    Raises:
        UnknownNameError: there is none.
    """
    if name not in STUDIES:
        raise UnknownNameError("study", name, STUDIES)
    return STUDIES[name]
