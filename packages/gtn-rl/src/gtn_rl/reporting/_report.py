"""One HTML file that tells all of a run."""

from pathlib import Path

from gtn_core.reporting import Picture, house_style, page, write_report
from gtn_core.runs import RunDirectory
from gtn_rl.__about__ import __version__
from gtn_rl.demonstrations import Demonstrations
from gtn_rl.reporting._environment_report import build_environment_report
from gtn_rl.reporting._pictures import demonstrations_picture, policies_picture, training_picture
from gtn_rl.reporting._record import RunRecord, flat


def build_report(run: RunDirectory) -> Path:
    """Write `report.html`, and its pictures under `figures/`, into a run's folder, from what is there by now.

    Args:
        run: finished or not; a report of an unfinished run says that it is one.

    Returns:
        The report's path.

    Raises:
        RunError: a file of the run is damaged, or its folder cannot be written to.
        ArtefactError: what a finished run made is damaged.
    """
    if run.configuration().get("kind") == "environment":
        return build_environment_report(run)
    record = RunRecord.of(run)
    with house_style():
        pictures = _pictures(record)
    html = page(
        "run.html",
        package="gtn_rl.reporting",
        record=record,
        recipe=flat(record.configuration.get("recipe", {})),
        pictures={found.name: found for found in pictures},
        version=__version__,
    )
    return write_report(run.path, html, pictures)


def _pictures(record: RunRecord) -> list[Picture]:
    found = [training_picture(record)]
    if record.evaluation:
        found += [policies_picture(record.evaluation), demonstrations_picture(Demonstrations.load(_folder(record)))]
    return [drawn for drawn in found if drawn]


def _folder(record: RunRecord) -> Path:
    return record.path / record.kind
