"""`gtn study` as its users meet it."""

import json

import pytest

from gtn_core.studies import STUDY

TINY = [
    *("--set", "outer.steps=2", "--set", "warm_start.steps=2", "--set", "outer.validate_every=1"),
    *("--set", "teacher.steps=2", "--set", "teacher.batch=10", "--set", "outer.intermediate_every=null"),
    *("--set", "evaluation.learners=2", "--set", "evaluation.curve_learners=1", "--set", "outer.validation_learners=1"),
]


@pytest.fixture
def study(gtn, tmp_path):
    """Do a small study and return exit code, standard output, standard error."""

    def run(*arguments, folder="study"):
        return gtn("study", *arguments, *TINY, "--seeds", 1, "--run-dir", tmp_path / folder)

    return run


def test_a_study_leaves_numbers_figures_and_a_report(study, tmp_path):
    code, out, _ = study("curricula", "--arm", "none", "--arm", "full")
    assert code == 0
    assert "Few-step test accuracy" in out
    folder = tmp_path / "study"
    result = json.loads((folder / STUDY).read_text())
    assert [run["arm"] for run in result["raw"]["runs"]] == ["none", "full"]
    assert {path.name for path in (folder / "figures").iterdir()} >= {"accuracy.png", "inner-steps.png"}
    assert "gtn study curricula --recipe digits --seeds 1 --arm none --arm full" in (folder / "report.html").read_text()


def test_a_study_goes_on_and_prints_one_object(study, tmp_path):
    study("curricula", "--arm", "full")
    before = (tmp_path / "study" / STUDY).read_bytes()
    code, out, _ = study("curricula", "--arm", "full", "--resume", "--json")
    assert code == 0
    assert json.loads(out)["study"] == "curricula"
    assert (tmp_path / "study" / STUDY).read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["curiculla"], "unknown study 'curiculla'; did you mean 'curricula'?"),
        (["curricula", "--recipe", "digts"], "unknown recipe 'digts'; did you mean 'digits'?"),
        (["curricula", "--arm", "fll"], "unknown arm 'fll'; did you mean 'full'?"),
        (["transfer", "--family", "digits-convnt"], "unknown learner family 'digits-convnt'; did you mean"),
    ],
)
def test_a_misspelt_name_costs_one_line(study, tmp_path, arguments, words):
    code, out, err = study(*arguments)
    assert (code, out) == (1, "")
    assert words in err
    assert err.count("\n") == 1
    assert not (tmp_path / "study").exists()


def test_the_folder_of_another_study_is_left_alone(study, tmp_path):
    study("curricula", "--arm", "full")
    before = {path: path.read_bytes() for path in (tmp_path / "study").rglob("*") if path.is_file()}
    code, _, err = study("data-sources", "--arm", "teacher", "--resume")
    assert code == 1
    assert "was started with" in err
    assert err.count("\n") == 1
    assert "holds a run already" in study("curricula", "--arm", "full")[2]
    assert before == {path: path.read_bytes() for path in (tmp_path / "study").rglob("*") if path.is_file()}
