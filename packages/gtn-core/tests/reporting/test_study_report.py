"""A study's report: whole, without anything to load, and built from `study.json` alone."""

import re

import pytest

from gtn_core.errors import RunError
from gtn_core.reporting import build_study_report
from gtn_core.runs import RunDirectory
from gtn_core.studies import STUDY, Group, GroupChart, Line, LineChart, StudyResult, Table

LINE = Line(name="full", x=(0, 1, 2), mean=(10, 50, None), low=(9, 40, None), high=(11, 60, None))


@pytest.fixture
def run(tmp_path):
    """A study's folder with one of each kind of chart."""
    groups = (Group(name="full", values=(90.0, 91.0)), Group(name="none & more", values=(), missing=2))
    result = StudyResult(
        study="curricula",
        question="Is <this> escaped?",
        paper="figure 3",
        command="gtn study curricula",
        configuration={"recipe": {"name": "digits"}, "seeds": 2},
        tables=(Table(title="Accuracy", columns=("arm", "mean"), rows=(("full", "90.5 %"),)),),
        charts=(
            LineChart(name="lines", x_label="x", y_label="y", caption="lines", lines=(LINE,)),
            LineChart(name="empty", x_label="x", y_label="y", caption="empty", lines=()),
            GroupChart(kind="dots", name="dots", label="accuracy, %", caption="dots", groups=groups),
            GroupChart(kind="boxes", name="boxes", label="loss", caption="boxes", groups=groups, logarithmic=True),
        ),
        findings=("full over none: +3.0 points.",),
        raw={},
    )
    folder = RunDirectory.start(tmp_path / "study", {"study": "curricula"}, resume=False)
    (folder.path / STUDY).write_text(result.model_dump_json())
    return folder


def test_the_report_holds_everything_and_loads_nothing(run):
    html = build_study_report(run).read_text()
    assert "Is &lt;this&gt; escaped?" in html
    assert "full over none" in html
    assert html.count("<img") == 3  # nothing is drawn of an empty chart
    assert not re.findall(r"""(?:src|href)=["'](?!data:)""", html)
    assert "<script" not in html
    drawn = {path.name: path.read_bytes() for path in (run.path / "figures").iterdir()}
    assert set(drawn) == {"lines.png", "dots.png", "boxes.png"}
    assert all(content.startswith(b"\x89PNG") for content in drawn.values())


def test_the_same_study_gives_the_same_pictures(run):
    build_study_report(run)
    first = {path.name: path.read_bytes() for path in (run.path / "figures").iterdir()}
    build_study_report(run)
    assert first == {path.name: path.read_bytes() for path in (run.path / "figures").iterdir()}


@pytest.mark.parametrize("content", [None, "{", '{"study": "x"}'])
def test_a_missing_or_damaged_result_is_one_line(run, content):
    if content is None:
        (run.path / STUDY).unlink()
    else:
        (run.path / STUDY).write_text(content)
    with pytest.raises(RunError, match=STUDY) as caught:
        build_study_report(run)
    assert "\n" not in str(caught.value)
