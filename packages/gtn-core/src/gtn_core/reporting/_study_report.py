"""A study's report: what was asked, what came out, and how to do it again, in one HTML file."""

from pathlib import Path

from gtn_core.__about__ import __version__
from gtn_core.reporting._drawing import house_style
from gtn_core.reporting._page import as_yaml, page, write_report
from gtn_core.reporting._study_charts import study_picture
from gtn_core.runs import RunDirectory
from gtn_core.studies import StudyResult


def build_study_report(run: RunDirectory) -> Path:
    """Write `report.html`, and its pictures under `figures/`, into a study's folder, from its `study.json`.

    Returns:
        The report's path.

    Raises:
        RunError: `study.json` is missing or damaged, or the folder cannot be written to.
    """
    result = StudyResult.read(run.path)
    with house_style():
        drawn = [found for chart in result.charts if (found := study_picture(chart))]
    configuration = dict(result.configuration)
    recipe = configuration.pop("recipe", {})
    html = page(
        "study.html",
        result=result,
        pictures={found.name: found for found in drawn},
        recipe=as_yaml(recipe, short=True),
        settings=as_yaml(configuration),
        folder=run.path,
        version=__version__,
    )
    return write_report(run.path, html, drawn)
