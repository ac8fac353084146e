"""One HTML file that tells all of a run: no scripts, nothing to load, pictures inside."""

from pathlib import Path

from gtn_core.__about__ import __version__
from gtn_core.reporting import _wording
from gtn_core.reporting._comparison import ComparisonRow, rows_of
from gtn_core.reporting._drawing import CSS_PIXELS_AN_INCH, DPI, Picture, house_style
from gtn_core.reporting._page import REPORT, as_yaml, page, write_report
from gtn_core.reporting._record import RunRecord
from gtn_core.reporting._sample_grid import sample_grid_png
from gtn_core.reporting._teaching_pictures import arms_picture, inner_steps_picture, schedules_picture
from gtn_core.reporting._training_pictures import training_pictures
from gtn_core.runs import RunDirectory

SAMPLE_ROWS = 8


def build_report(run: RunDirectory) -> Path:
    """Write `report.html`, and its pictures under `figures/`, into a run's folder, from what is there by now.

    Args:
        run: finished or not; a report of an unfinished run says that it is one.

    Returns:
        The report's path.

    Raises:
        RunError: a file of the run is damaged, or its folder cannot be written to.
    """
    record = RunRecord.of(run)
    rows = rows_of(record.evaluation, record.transductive) if record.evaluation else []
    with house_style():
        pictures = _pictures(record, rows)
    return write_report(run.path, _html(record, rows, pictures), pictures.values())


def _pictures(record: RunRecord, rows: list[ComparisonRow]) -> dict[str, Picture]:
    """Draw all there is something to draw for, by name."""
    drawn: list[Picture | None] = [*training_pictures(record), arms_picture(rows)]
    if record.evaluation:
        drawn += [inner_steps_picture(record, record.evaluation), schedules_picture(record, record.evaluation)]
    if record.teacher:
        drawn.append(_samples(record))
    return {found.name: found for found in drawn if found}


def _samples(record: RunRecord) -> Picture:
    assert record.teacher is not None
    png = sample_grid_png(record.teacher, SAMPLE_ROWS, seed=0)
    # PNG keeps the width in its first chunk.
    width = int.from_bytes(png[16:20]) * CSS_PIXELS_AN_INCH // DPI
    caption = (
        "Synthetic images of the teacher: a column a class, rows from the first inner step to the last. They are made "
        "to teach, not to look real."
    )
    if record.teacher.answers_the_learner:
        caption += " They depend on the learner; these are what one fresh learner of the recipe's families is shown."
    return Picture("samples", png, width, caption, "Grid of synthetic images, a column a class.")


def _html(record: RunRecord, rows: list[ComparisonRow], pictures: dict[str, Picture]) -> str:
    return page(
        REPORT,
        record=record,
        rows=rows,
        pictures=pictures,
        finished=record.evaluation is not None,
        words=_wording,
        headline=_wording.headline(record, rows),
        recipe=as_yaml(record.setting("recipe", default={}), short=True),
        settings=as_yaml({key: value for key, value in record.configuration.items() if key != "recipe"}),
        version=__version__,
    )
