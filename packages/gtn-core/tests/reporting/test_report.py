"""The report of a run: whole, safe, and honest about what is missing."""

import json
import re
import shutil
import struct
from base64 import b64decode
from html import unescape
from html.parser import HTMLParser

import matplotlib as mpl
import pytest
import yaml

from gtn_core.data import Normalization
from gtn_core.errors import RunError
from gtn_core.reporting import build_report, comparison_table
from gtn_core.runs import RunDirectory
from gtn_core.teacher import LearnerSpecification, Teacher, TeacherCard, TeacherSpecification

PICTURES = {
    "accuracy-over-inner-steps",
    "arms",
    "gradient-norm",
    "inner-optimizer",
    "meta-loss",
    "samples",
    "validation-accuracy",
}


class Page(HTMLParser):
    """The tags and the visible text of a report."""

    def __init__(self, path):
        super().__init__()
        self.source = path.read_text(encoding="utf-8")
        self.tags, self._texts = [], []
        self.feed(self.source)
        self.close()
        self.text = " ".join(" ".join(self._texts).replace("\xa0", " ").split())

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self._texts.append(data)

    def all(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]


def unfinished(run):
    run.result_path.unlink()
    shutil.rmtree(run.path / "teacher")


def strip(run, *kept):
    """Take away what is slow to draw, but for what the test is about."""
    for name in {"metrics.jsonl", "real_data/metrics.jsonl"} - {*kept}:
        (run.path / name).unlink()
    if "teacher" not in kept:
        shutil.rmtree(run.path / "teacher")
    rewrite(run, **{name: {} for name in ("arms", "curves", "schedules") if name not in kept})


def reconfigure(run, change):
    content = run.configuration()
    change(content)
    run.configuration_path.write_text(yaml.safe_dump(content, sort_keys=False))


def rewrite(run, **changes):
    run.result_path.write_text(json.dumps({**run.result(), **changes}))


def metrics_lines(run):
    return (run.path / "metrics.jsonl").read_text().splitlines()


def write_metrics(run, lines):
    (run.path / "metrics.jsonl").write_text("\n".join(lines) + "\n")


@pytest.fixture(scope="module")
def finished(small_run, tmp_path_factory):
    """A finished run with its report, not to be spoilt."""
    folder = tmp_path_factory.mktemp("finished") / "small"
    shutil.copytree(small_run.path, folder)
    run = RunDirectory.existing(folder)
    before = dict(mpl.rcParams)
    assert build_report(run) == folder / "report.html"
    assert dict(mpl.rcParams) == before
    return run


@pytest.fixture(scope="module")
def page(finished):
    return Page(finished.path / "report.html")


def test_a_finished_run_gets_a_report_with_every_picture(finished, page):
    assert len(page.all("img")) == len(PICTURES)
    assert {path.stem for path in (finished.path / "figures").iterdir()} == PICTURES
    assert "finished run" in page.text
    assert "unfinished" not in page.text
    for row in comparison_table(finished.result()):
        assert f"{row.label} {row.percent} {row.interval} 3" in page.text
    assert page.text.count("Warm start: before meta-training") == 1
    assert re.search(r"Time used \d+\.\d s of meta-training", page.text)
    assert "7 steps of 12 synthetic images (84 in all)" in page.text
    assert "its inner optimizer was meta-trained too for 2 steps" in page.text


def test_the_pictures_in_the_report_are_those_in_the_folder(finished, page):
    files = {path.read_bytes() for path in (finished.path / "figures").glob("*.png")}
    shown = {b64decode(image["src"].removeprefix("data:image/png;base64,")) for image in page.all("img")}
    assert shown == files
    for image in page.all("img"):
        assert image["alt"]
    for png in files:
        width, height = struct.unpack(">II", png[16:24])
        assert 400 < width < 2000
        assert 300 < height < 2000


def test_the_report_needs_no_script_and_no_network(page):
    assert not page.all("script")
    assert not page.all("link")
    assert not [attributes for _, attributes in page.tags if any(name.startswith("on") for name in attributes)]
    assert re.findall(r"(?:src|href)=\"(?!data:)", page.source) == []
    assert "url(" not in page.source
    assert "@import" not in page.source


def test_the_recipe_in_the_report_can_be_saved_and_used(finished, page):
    blocks = re.findall(r"<pre>(.*?)</pre>", page.source, flags=re.DOTALL)
    assert yaml.safe_load(unescape(blocks[1])) == finished.configuration()["recipe"]


def test_building_it_again_changes_nothing_and_leaves_no_partial_file(finished):
    first = (finished.path / "report.html").read_bytes()
    assert build_report(finished).read_bytes() == first
    assert not list(finished.path.rglob("*.partial"))


def test_the_command_makes_the_run_again(run):
    strip(run)
    reconfigure(run, lambda content: content.update(data="my data"))
    options = "--data 'my data' --seed 0 --device cpu --threads 1 --run-dir runs/small-again"
    assert f"gtn train {run.configuration_path} {options}" in Page(build_report(run)).text


def test_all_text_from_files_is_escaped(run):
    nasty = "<script>alert(1)</script> \"'& $x^2$ \u6570"

    def spoil(content):
        content.update(seed=nasty, device=nasty, threads=nasty, data=nasty)
        content["recipe"].update(name=nasty, description=nasty)
        content["recipe"]["teacher"]["curriculum"] = nasty
        content["recipe"]["learners"][0]["family"] = nasty

    reconfigure(run, spoil)
    result = run.result()
    arms = {**result["arms"], nasty: result["arms"]["teacher"]}
    curves = {**result["curves"], nasty: result["curves"]["teacher"]}
    schedules = {**result["schedules"], nasty: {nasty: [0.5]}}
    rewrite(run, arms=arms, curves=curves, schedules=schedules, learners=[nasty], split=nasty)
    page = Page(build_report(run))
    assert not page.all("script")
    assert "<script" not in page.source
    assert "<script>alert(1)</script>" in page.text


@pytest.mark.parametrize(
    ("teacher", "real_data", "verdict"),
    [
        ((0.9, 0.88, 0.92), (0.8, 0.78, 0.82), "The teacher is ahead"),
        ((0.8, 0.78, 0.82), (0.9, 0.88, 0.92), "Real data is ahead"),
        ((0.9, 0.85, 0.95), (0.88, 0.8, 0.93), "The intervals overlap"),
    ],
)
def test_the_headline_says_who_is_ahead(run, teacher, real_data, verdict):
    strip(run)
    found = {"teacher": teacher, "real_data": real_data}
    rewrite(run, arms={arm: dict(zip(("mean", "low", "high"), of, strict=True)) for arm, of in found.items()})
    page = Page(build_report(run))
    assert verdict in page.text
    assert f"classifies {100 * teacher[0]:.1f} % (95 % interval" in page.text


def test_an_unfinished_run_is_said_to_be_unfinished(run):
    unfinished(run)
    write_metrics(run, metrics_lines(run)[:3])
    page = Page(build_report(run))
    assert "This run is unfinished." in page.text
    assert "3 of 4 outer steps are done. At the last validation, after step 2, fresh networks reached" in page.text
    assert f"--threads 1 --run-dir {run.path} --resume" in page.text
    assert {path.stem for path in (run.path / "figures").iterdir()} == {
        "gradient-norm",
        "meta-loss",
        "validation-accuracy",
    }


def test_a_run_that_has_just_begun_has_a_report(run):
    unfinished(run)
    for path in [*run.path.rglob("*.jsonl")]:
        path.unlink()
    page = Page(build_report(run))
    assert "0 of 4 outer steps are done. No validation has been made yet." in page.text
    assert "No outer step is in the metrics yet." in page.text
    assert not page.all("img")


def test_a_run_that_lacks_only_its_evaluation_says_so(run):
    unfinished(run)
    assert "All 4 outer steps are done, but not the evaluation" in Page(build_report(run)).text


def test_a_teacher_that_is_half_saved_belongs_to_an_unfinished_run(run):
    strip(run, "teacher")
    run.result_path.unlink()
    (run.path / "teacher/teacher.json").unlink()
    assert "This run is unfinished." in Page(build_report(run)).text


def test_a_finished_run_without_its_teacher_says_so(run):
    strip(run)
    assert "The run's folder holds no teacher" in Page(build_report(run)).text


def test_what_was_not_used_is_said(run):
    strip(run, "schedules")
    reconfigure(run, lambda content: content["recipe"].update(warm_start=None, real_data_arm=None))
    page = Page(build_report(run))
    assert "No warm start" in page.text
    assert "its inner optimizer kept the recipe's initial values" in page.text


def test_images_that_are_parameters_are_set_to_real_ones_and_may_be_moved(run):
    strip(run)
    matching = {"steps": 30, "learning_rate": 0.2, "learner": {"family": "digits-convnet"}}

    def change(content):
        content["recipe"]["teacher"]["generator"] = {"kind": "pixels"}
        content["recipe"]["warm_start"]["matching"] = matching

    reconfigure(run, change)
    page = Page(build_report(run))
    assert "the images are set to real ones, and then moved by distribution matching for 30 steps" in page.text


def test_transductive_evaluation_is_said_in_the_table(run):
    strip(run, "arms")
    reconfigure(run, lambda content: content["recipe"]["teacher"].update(batch_norm="batch"))
    page = Page(build_report(run))
    assert "teacher (transductive)" in page.text
    assert "Transductive: batch norm uses the statistics of each evaluation batch." in page.text


@pytest.mark.parametrize("recipe", ["", "recipe: 3\n"])
def test_a_bare_configuration_is_enough(run, recipe):
    strip(run, "metrics.jsonl")
    run.configuration_path.write_text(f"{recipe}seed: 3\n")
    page = Page(build_report(run))
    assert page.all("img")
    assert "does not say whether there was a warm start" in page.text
    assert f"gtn train {run.configuration_path} --seed 3 --run-dir runs/small-again" in page.text


@pytest.mark.parametrize("value", ["text", {"steps": "many", "learning_rate": {}, "family": [1]}])
def test_a_configuration_with_unexpected_values_still_reports(run, value):
    strip(run, "metrics.jsonl", "curves", "schedules")
    for key in ("data", "teacher", "learners", "outer", "warm_start", "real_data_arm", "evaluation"):
        reconfigure(run, lambda content, key=key: content["recipe"].update({key: value}))
    assert Page(build_report(run)).all("img")


def test_skipped_steps_are_counted_and_gaps_drawn(run):
    strip(run, "metrics.jsonl")
    lines = [json.loads(line) for line in metrics_lines(run)]
    for line in lines:
        del line["crc32"]  # they are changed
    lines[1] |= {"meta_loss": float("nan"), "gradient_norm": None}
    lines[2] |= {"meta_loss": float("inf"), "gradient_norm": None}
    for line in lines[2:]:
        line |= {"skipped": 2, "rollbacks": 1}
    write_metrics(run, map(json.dumps, lines))
    page = Page(build_report(run))
    assert "2 outer steps were skipped, since the meta-gradient was not finite or had exploded." in page.text
    assert "1 times meta-training went back" not in page.text
    assert "Once meta-training went back to its last checkpoint" in page.text


def test_a_run_with_nothing_but_skipped_steps_has_a_report(run):
    unfinished(run)
    skipped = {"meta_loss": float("nan"), "gradient_norm": None, "skipped": 1}
    write_metrics(run, [json.dumps({"step": 0, **skipped})])
    assert "1 of 4 outer steps are done" in Page(build_report(run)).text


def test_a_long_run_is_smoothed_over_its_gaps(run):
    strip(run, "metrics.jsonl")
    steps = [{"step": step, "meta_loss": 2 / (step + 1), "gradient_norm": 1.0} for step in range(400)]
    steps[200]["meta_loss"] = float("nan")
    steps[399] |= {"validation_accuracy": 0.5}  # without an interval
    write_metrics(run, map(json.dumps, steps))
    assert build_report(run)


def test_the_samples_of_a_closed_loop_are_those_of_a_learner_and_said_to_be(run):
    strip(run)
    teacher = Teacher(
        TeacherSpecification(steps=7, batch=12, curriculum="closed_loop"),
        image_shape=(1, 8, 8),
        class_names=tuple("0123456789"),
        normalization=Normalization((0.5,), (0.5,)),
    )
    teacher.card = TeacherCard(learners=(LearnerSpecification(family="digits-convnet"),))
    teacher.save_pretrained(run.path / "teacher")
    page = Page(build_report(run))
    assert "these are what one fresh learner of the recipe's families is shown" in page.text
    assert (run.path / "figures" / "samples.png").is_file()


def test_one_value_for_all_inner_steps_and_values_of_any_size_are_drawn(run):
    strip(run)
    schedules = {
        "teacher": {"learning_rate": [0.1]},
        "real_data": {"learning_rate": [10.0**-step for step in range(7)]},
    }
    rewrite(run, schedules=schedules)
    assert build_report(run)


@pytest.mark.parametrize("accuracies", [[1.0, 1.0], [0.0, 0.0], [0.999, 0.05], []])
def test_accuracies_at_the_ends_of_the_axis_are_drawn(run, accuracies):
    strip(run)
    arm = {"mean": max(accuracies, default=1.0), "low": min(accuracies, default=1.0), "high": 1.0}
    point = {"mean": 1.0, "low": 1.0, "high": 1.0}
    rewrite(run, arms={"teacher": {**arm, "accuracies": accuracies}}, curves={"teacher": [point], "real_data": []})
    assert "correctly." in Page(build_report(run)).text


def test_what_a_kill_leaves_at_the_end_of_the_metrics_is_left_out(run):
    unfinished(run)
    with (run.path / "metrics.jsonl").open("a") as file:
        file.write('{"step": 4, "meta_lo')
    assert "All 4 outer steps are done" in Page(build_report(run)).text


def test_a_broken_timing_of_a_killed_run_is_left_out(run):
    strip(run)
    with (run.path / "timings.jsonl").open("a") as file:
        file.write('{"step": 4, "sec{"step": 3, "seconds": 1}\n{"step": 4, "seconds": 7200}\n')
    assert "Time used 2 h 00 min of meta-training" in Page(build_report(run)).text


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("config.yaml", b"recipe: [", "config.yaml cannot be read"),
        ("config.yaml", b"- 1\n", "config.yaml is damaged"),
        ("metrics.jsonl", b'{"step": 0}\nnonsense\n{"step": 2}\n', "metrics.jsonl is damaged: line 2"),
        ("metrics.jsonl", b'{"step": 0}\n{"step": "x"}\n', "metrics.jsonl is damaged: line 2"),
        ("metrics.jsonl", b'{"step": 0}\n{"step": 1, "validation_accuracy": 7}', "metrics.jsonl is damaged: line 2"),
        ("metrics.jsonl", b"\xff\xfe\n\xff\n", "metrics.jsonl is damaged: line 1"),
        ("real_data/metrics.jsonl", b"[]\n[]\n", r"real_data/metrics.jsonl is damaged: line 1"),
        ("evaluation.json", b"{", "evaluation.json cannot be read"),
        ("evaluation.json", b"[" * 100_000, "nested too deeply"),
        ("evaluation.json", b"{}", "evaluation.json is damaged: arms is missing"),
        (
            "evaluation.json",
            b'{"arms": {"teacher": {"mean": NaN, "low": 0, "high": 1}}}',
            r"arms\.teacher\.mean is nan",
        ),
        ("evaluation.json", b'{"arms": {}, "curves": {"teacher": [1]}}', r"curves\.teacher\.0 is 1"),
        ("evaluation.json", b'{"arms": {}, "schedules": {"teacher": {"momentum": ["x"]}}}', r"schedules\.teacher"),
        ("teacher/teacher.json", b"{}", "teacher.json"),
        ("teacher/teacher.safetensors", b"", "teacher.safetensors is damaged"),
    ],
)
def test_a_damaged_file_is_one_clear_line(run, name, content, message):
    (run.path / name).write_bytes(content)
    with pytest.raises(RunError, match=message) as caught:
        build_report(run)
    assert "\n" not in str(caught.value)
    assert not (run.path / "report.html").exists()


def test_a_finished_run_with_half_a_teacher_is_damaged(run):
    (run.path / "teacher/teacher.safetensors").unlink()
    with pytest.raises(RunError, match=r"teacher\.safetensors is missing"):
        build_report(run)


def test_a_folder_that_cannot_be_written_to_is_one_clear_line(run):
    strip(run)
    (run.path / "figures").write_text("in the way")
    with pytest.raises(RunError, match="cannot write the report to"):
        build_report(run)
