"""The `gtn` command as its users meet it: results, exit codes, and one clear line for every mistake."""

import json
import sys

import pytest

from gtn_core.cli import main
from gtn_core.runs import RunDirectory

TINY = [
    *("--set", "outer.steps=3", "--set", "warm_start.steps=3", "--set", "real_data_arm.steps=2"),
    *("--set", "teacher.steps=2", "--set", "teacher.batch=10", "--set", "outer.checkpoint_every=1"),
    *("--set", "evaluation.learners=2", "--set", "evaluation.curve_learners=2", "--set", "outer.validation_learners=1"),
]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A tiny finished run."""
    folder = tmp_path_factory.mktemp("runs") / "tiny"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["gtn", "train", "digits", *TINY, "--run-dir", str(folder)])
        with pytest.raises(SystemExit) as left:
            main()
    assert not left.value.code
    return folder


def test_training_leaves_a_whole_run(trained):
    names = {path.name for path in trained.iterdir() if not path.name.startswith("events")}
    wanted = {"config.yaml", "metrics.jsonl", "timings.jsonl", "checkpoints", "teacher", "report.html"}
    assert wanted | {"evaluation.json"} <= names
    assert any(path.name.startswith("events") for path in trained.iterdir())
    result = RunDirectory(trained).result()
    assert set(result["arms"]) == {"teacher", "real_data", "untrained", "warm_start"}
    assert len(result["curves"]["teacher"]) == 3


@pytest.mark.parametrize("options", [(), ("--parquet",)], ids=str)
def test_export_writes_a_data_set_and_says_where(gtn, trained, tmp_path, options):
    code, out, _ = gtn("export", trained / "teacher", "--out", tmp_path / "data", *options)
    assert (code, out) == (0, f"{tmp_path / 'data'}\n")
    assert (tmp_path / "data" / "README.md").is_file()


def test_teach_repeats_the_recorded_figure(gtn, trained):
    code, out, _ = gtn("teach", trained / "teacher", "--json")
    found = json.loads(out)
    assert code == 0
    assert found["mean"] == found["recorded"]["mean"] == RunDirectory(trained).result()["arms"]["teacher"]["mean"]
    assert found["accuracies"] == RunDirectory(trained).result()["arms"]["teacher"]["accuracies"]


def test_training_goes_on_from_a_teacher(gtn, trained, tmp_path):
    start = f"warm_start={{teacher: {trained / 'teacher'}}}"
    code, _, _ = gtn(
        "train", "digits", *TINY, "--set", start, "--set", "outer.learning_rate=1e-9", "--run-dir", tmp_path / "on"
    )
    before, after = RunDirectory(trained).result()["arms"], RunDirectory(tmp_path / "on").result()["arms"]
    assert code == 0
    assert after["warm_start"] == before["teacher"]
    assert after["teacher"]["mean"] == pytest.approx(before["teacher"]["mean"], abs=0.01)
    assert "goes on from the teacher" in (tmp_path / "on" / "report.html").read_text()


def test_teach_prints_a_table_without_json(gtn, trained):
    code, out, _ = gtn("teach", trained / "teacher", "--count", 1, "--learners", "digits-convnet", "--seed", 5)
    assert code == 0
    assert "as recorded" in out


def test_resuming_a_finished_run_says_so(gtn, trained):
    code, out, _ = gtn("train", "digits", *TINY, "--run-dir", trained, "--resume")
    assert code == 0
    assert "finished already" in out


def test_json_is_one_object_on_standard_output(gtn, tmp_path):
    code, out, _ = gtn("train", "digits", *TINY, "--run-dir", tmp_path / "run", "--json")
    assert code == 0
    assert json.loads(out)["arms"]["teacher"]["mean"] >= 0


def test_recipes_are_listed(gtn):
    code, out, _ = gtn("recipes", "--json")
    assert code == 0
    assert {"digits", "mnist", "cifar10"} <= set(json.loads(out))
    assert "digits" in gtn("recipes")[1]


def test_a_sample_is_a_picture(gtn, trained, tmp_path):
    code, _, _ = gtn("sample", trained / "teacher", "--out", tmp_path / "grid.png")
    assert code == 0
    assert (tmp_path / "grid.png").read_bytes().startswith(b"\x89PNG")


def test_a_report_can_be_built_again(gtn, trained):
    (trained / "report.html").unlink()
    code, out, _ = gtn("report", trained)
    assert code == 0
    assert out.strip().endswith("report.html")
    assert (trained / "report.html").is_file()


def test_tune_sweeps_real_data(gtn, monkeypatch):
    monkeypatch.setattr("gtn_core.cli._tune.LEARNING_RATES", (0.01, 0.2))
    code, out, _ = gtn("tune", "digits", "--set", "teacher.steps=4", "--count", 1, "--json")
    found = json.loads(out)
    assert code == 0
    assert found["best"] == found["points"][0]
    assert len(found["points"]) == 8
    means = [point["mean"] for point in found["points"]]
    assert means == sorted(means, reverse=True)
    assert "best:" in gtn("tune", "digits", "--set", "teacher.steps=1", "--count", 1)[1]


@pytest.mark.parametrize("command", [[], ["recipes"], ["train"], ["tune"], ["teach"], ["sample"], ["report"]])
def test_every_command_helps_with_an_example(gtn, command):
    code, out, _ = gtn(*command, "--help")
    assert code == 0
    assert "Example:" in out or not command


WRONG_USAGE = [
    ("train",),
    ("trian", "digits"),
    ("train", "digits", "--steps", "3"),
    ("train", "digits", "--seed", "x"),
    ("train", "digits", "--seed", "-1"),
    ("train", "digits", "--threads", "0"),
    ("train", "digits", "more"),
    ("teach", "digits", "--count", "0"),
    ("teach", "digits", "--count", "many"),
    ("sample", "digits"),
    ("sample", "digits", "--out", "x.png", "--rows", "0"),
    ("report",),
    ("tune", "digits", "--count", "-3"),
]

MISTAKES = [
    (("train", "digit"), "did you mean 'digits'"),
    (("train", "nowhere.yaml"), "Allowed: "),
    (("train", "digits", "--set", "outer.stepps=3"), "did you mean 'steps'"),
    (("train", "digits", "--set", "outer.steps"), "KEY=VALUE"),
    (("train", "digits", "--set", "outer.steps=none"), "outer.steps"),
    (("train", "digits", "--set", "learners=digits-convnt"), "did you mean 'digits-convnet'"),
    (("train", "digits", "--data", "digitz"), "did you mean"),
    (("train", "digits", "--data", "/nowhere/at/all"), "/nowhere/at/all"),
    (("train", "digits", "--device", "gpu"), "--device 'gpu'"),
    (("train", "digits", "--device", "cuda:99"), "--device 'cuda:99'"),
    (("train", "digits", "--set", "outer.real_batch=60000"), "60000"),
    (("train", "digits", "--set", "teacher.batch=60000"), "60000"),
    (("train", "digits", "--set", "teacher.curriculum=none"), "warm_start: null"),
    (("train", "digits", "--set", "warm_start.teacher=digits"), "either steps, for a fit to real images, or teacher"),
    (("train", "digits", "--set", "warm_start={{teacher: digitz}}"), "did you mean 'digits'"),
    (("train", "digits", "--set", "teacher.steps=2", "--set", "warm_start={{teacher: digits}}"), "another shape"),
    (("train", "digits", "--run-dir", "{file}"), "is a file"),
    (("train", "digits", "--run-dir", "{full}"), "holds no run"),
    (("teach", "digit"), "did you mean 'digits'"),
    (("teach", "{full}"), "holds no teacher"),
    (("teach", "/nowhere/at/all"), "/nowhere/at/all"),
    (("teach", "digits", "--learners", "mpl"), "unknown learner family 'mpl'"),
    (("teach", "digits", "--data", "{full}"), "parquet"),
    (("teach", "digits", "--data", ""), "unknown data ''"),
    (("train", "digits", "--set", "data.label_column=digit"), "label column"),
    (("teach", "digits", "--device", "tpu9"), "--device 'tpu9'"),
    (("teach", "digits", "--device", "meta"), "cpu, cuda"),
    (("train", "digits", "--set", "teacher.generator.channels=[65536, 65536]"), "memory"),
    (("sample", "digits", "--out", "grid.jpg"), ".png"),
    (("sample", "digits", "--out", "/nowhere/grid.png"), "no folder /nowhere"),
    (("sample", "nothing", "--out", "grid.png"), "no teacher 'nothing'"),
    (("export", "digits", "--out", "{full}"), "is not empty"),
    (("export", "digits", "--out", "file"), "is not empty"),
    (("export", "nothing", "--out", "new"), "no teacher 'nothing'"),
    (("report", "/nowhere"), "holds no run"),
    (("report", "{full}"), "holds no run"),
    (("tune", "digits", "--set", "teacher.inner_optimizer.kind=adam"), "adam"),
]


@pytest.mark.parametrize("arguments", WRONG_USAGE, ids=" ".join)
def test_wrong_usage_is_one_line_and_exit_code_2(gtn, arguments):
    code, out, err = gtn(*arguments)
    assert (code, out) == (2, "")
    assert err.startswith("usage error: ")
    assert err.count("\n") == 1


@pytest.mark.parametrize(("arguments", "message"), MISTAKES, ids=[" ".join(arguments) for arguments, _ in MISTAKES])
def test_a_mistake_is_one_clear_line_and_exit_code_1(gtn, tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "notes.txt").write_text("mine")
    code, out, err = gtn(*(part.format(file="file", full="full") for part in arguments))
    assert code == 1
    assert out == ""
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    assert message in err
    assert (tmp_path / "full" / "notes.txt").read_text() == "mine"


def test_what_fails_before_the_work_leaves_no_run_behind(gtn, tmp_path):
    code, _, _ = gtn("train", "digits", "--data", tmp_path / "missing", "--run-dir", tmp_path / "run")
    assert code == 1
    assert not (tmp_path / "run").exists()


def test_without_arguments_there_is_help(gtn):
    code, out, _ = gtn()
    assert code == 0
    assert "teach" in out


def test_a_run_can_be_made_again_from_its_configuration(gtn, trained, tmp_path):
    code, _, _ = gtn("train", trained / "config.yaml", "--run-dir", tmp_path / "again")
    assert code == 0
    for name in ("teacher/teacher.safetensors", "metrics.jsonl"):
        assert (tmp_path / "again" / name).read_bytes() == (trained / name).read_bytes()


def test_teaching_uses_the_splits_of_training(gtn, tmp_path):
    gtn("train", "digits", *TINY, "--set", "data.test=100", "--run-dir", tmp_path / "run")
    code, out, _ = gtn("teach", tmp_path / "run" / "teacher", "--json")
    assert code == 0
    assert json.loads(out)["mean"] == json.loads(out)["recorded"]["mean"]


def test_an_existing_run_is_refused_without_resume(gtn, trained):
    before = (trained / "evaluation.json").read_bytes()
    code, _, err = gtn("train", "digits", "--run-dir", trained)
    assert code == 1
    assert "--resume" in err
    assert (trained / "evaluation.json").read_bytes() == before


def test_resuming_with_other_settings_is_refused(gtn, trained):
    code, _, err = gtn("train", "digits", *TINY, "--seed", 3, "--run-dir", trained, "--resume")
    assert code == 1
    assert "seed = 0, not 3" in err
