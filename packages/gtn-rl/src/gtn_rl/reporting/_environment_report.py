"""The report of a run that made a generated environment."""

from pathlib import Path

from gtn_core.evaluation import bootstrap_interval
from gtn_core.reporting import Picture, house_style, page, write_report
from gtn_core.runs import RunDirectory
from gtn_rl.__about__ import __version__
from gtn_rl.environments import Artefact, load_environment
from gtn_rl.reporting._curves import Curves, read_curves
from gtn_rl.reporting._environment_pictures import curves_picture, rewards_picture, states_picture
from gtn_rl.reporting._environment_record import EnvironmentRecord, training_picture
from gtn_rl.reporting._record import flat


def build_environment_report(run: RunDirectory) -> Path:
    """Write `report.html`, and its pictures under `figures/`, from what is there by now; return its path.

    Raises:
        RunError: a file of the run is damaged, or its folder cannot be written to.
        ArtefactError: the environment of a finished run is damaged.
    """
    record = EnvironmentRecord.of(run)
    artefact = load_environment(run.path / "environment") if record.evaluation else None
    curves = read_curves(run.path)
    with house_style():
        pictures = {found.name: found for found in _pictures(record, artefact, curves)}
    html = page(
        "environment.html",
        package="gtn_rl.reporting",
        record=record,
        recipe=flat(record.configuration.get("recipe", {})),
        found=bootstrap_interval(record.evaluation.returns) if record.evaluation else None,
        card=artefact.card if artefact else None,
        form=artefact.specification.form if artefact else None,
        curves=curves,
        pictures=pictures,
        version=__version__,
    )
    return write_report(run.path, html, pictures.values())


def _pictures(record: EnvironmentRecord, artefact: Artefact | None, curves: Curves | None) -> list[Picture]:
    found = [training_picture(record)]
    if curves:
        found.append(curves_picture(curves))
    if artefact:
        found += [states_picture(artefact), rewards_picture(artefact)]
    return [drawn for drawn in found if drawn]
