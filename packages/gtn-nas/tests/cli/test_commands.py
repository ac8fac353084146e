"""The `gtn-nas` command as its users meet it."""

import json
import os
import signal
from math import inf

import pytest

from gtn_core import Teacher
from gtn_nas.spaces import Cost
from gtn_nas.tables import COLUMNS, read_table

SMALL = ("--space", "nb201", "--channels", 2, "--seeds", 1, "--images", 40, "--steps", 2)
ONE = "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|none~0|skip_connect~1|avg_pool_3x3~2|"
CELLS = [ONE, ONE.replace("nor_conv_3x3", "nor_conv_1x1"), ONE.replace("avg_pool_3x3", "none")]
NAO = " ".join(["0 2 1 0"] * 10)


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cells.txt").write_text("\n".join(CELLS) + "\n")
    return tmp_path


@pytest.fixture
def ranked(here, gtn_nas):
    code, out, err = gtn_nas("rank", "digits", *SMALL, "--genotypes", "cells.txt", "--out", "scores.csv")
    assert (code, err) == (0, "")
    assert "scores: scores.csv" in out
    return here / "scores.csv"


def without_seconds(path):
    return [{**row, "seconds": None} for row in read_table(path).rows]


def test_score_prints_one_json_object(gtn_nas):
    code, out, _ = gtn_nas("score", "digits", ONE, *SMALL, "--json")
    found = json.loads(out)
    assert code == 0
    assert found["score"] == found["accuracies"][0]
    assert (found["genotype"], found["status"], found["params"]) == (ONE, "ok", 316_346)
    assert found["seconds"] > 0
    assert "accuracies" in gtn_nas("score", "digits", ONE, *SMALL)[1]


def test_score_of_the_other_space(gtn_nas, monkeypatch):
    monkeypatch.setattr("gtn_nas.spaces.NAOSpace.cost", lambda space, genotype: Cost(1, 2))  # takes seconds otherwise
    code, out, _ = gtn_nas("score", "digits", NAO, "--space", "nao", "--filters", 2, "--steps", 1, "--seeds", 1)
    assert code == 0
    assert "accuracies" in out


@pytest.mark.parametrize("evaluation", ["real", "params", "flops", "synflow", "naswot", "jacob_cov", "grad_norm"])
def test_every_evaluation_goes_through_one_command(gtn_nas, evaluation):
    size = ("--channels", 2, "--cells", 1)
    options = ("--epochs", 1, "--subset", 64, "--learning-rate", 0.05) if evaluation == "real" else ()
    code, out, _ = gtn_nas(
        "score", "digits", ONE, "--space", "nb201", *size, "--evaluation", evaluation, *options, "--json"
    )
    found = json.loads(out)
    assert code == 0
    assert isinstance(found["score"], float)
    if evaluation in found:
        assert found["score"] == found[evaluation]


def test_a_diverged_genotype_is_null_in_json(here, gtn_nas, monkeypatch):
    teacher = Teacher.from_pretrained("digits")
    teacher.inner_optimizer.learning_rate.raw.data.fill_(80.0)
    teacher.save_pretrained("wild")
    found = json.loads(gtn_nas("score", "wild", ONE, *SMALL, "--json")[1])
    assert (found["score"], found["status"]) == (None, "diverged")
    code, out, _ = gtn_nas("rank", "wild", *SMALL, "--genotypes", "cells.txt", "--out", "scores.csv", "--json")
    assert code == 0
    assert (json.loads(out)["diverged"], json.loads(out)["best"]) == (3, None)
    assert read_table(here / "scores.csv").numbers("score") == [-inf] * 3


def test_rank_writes_a_row_a_genotype(ranked, gtn_nas):
    table = read_table(ranked)
    assert table.columns == COLUMNS
    assert table.texts("genotype") == CELLS
    score = json.loads(gtn_nas("score", "digits", ONE, *SMALL, "--json")[1])
    assert table.numbers("score")[0] == score["score"]
    assert table.numbers("flops")[0] == score["flops"]


def test_rank_reads_a_column_of_a_csv_file(here, gtn_nas):
    (here / "cells.csv").write_text("id,genotype\n" + "".join(f"{i},{cell}\n" for i, cell in enumerate(CELLS)))
    code, out, _ = gtn_nas("rank", "digits", *SMALL, "--genotypes", "cells.csv", "--run-dir", "run", "--json")
    assert code == 0
    assert json.loads(out)["out"] == "run/scores.csv"
    assert read_table(here / "run" / "scores.csv").texts("genotype") == CELLS


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_keeps_what_is_scored_and_resume_goes_on(ranked, here, gtn_nas, monkeypatch, number):
    from gtn_nas.tables import ScoreFile

    append = ScoreFile.append

    def append_and_interrupt(scores, *row):
        append(scores, *row)
        os.kill(os.getpid(), number)

    command = ("rank", "digits", *SMALL, "--genotypes", "cells.txt", "--out", "again.csv")
    with monkeypatch.context() as patch:
        patch.setattr(ScoreFile, "append", append_and_interrupt)
        code, _, err = gtn_nas(*command)
    assert code == 128 + number
    assert err.strip().endswith("continue with --resume")
    assert len(read_table(here / "again.csv").rows) == 1
    with (here / "again.csv").open("a") as file:
        file.write("|torn")
    assert gtn_nas(*command, "--resume")[0] == 0
    assert without_seconds(here / "again.csv") == without_seconds(ranked)


def test_resuming_what_is_finished_says_so_and_more_genotypes_are_added(ranked, here, gtn_nas):
    command = ("rank", "digits", *SMALL, "--genotypes", "cells.txt", "--out", "scores.csv", "--resume")
    before = ranked.read_bytes()
    code, out, _ = gtn_nas(*command)
    assert code == 0
    assert "has all 3 genotypes already" in out
    assert ranked.read_bytes() == before
    (here / "cells.txt").write_text("\n".join([ONE.replace("nor_conv_3x3", "none"), *CELLS]))
    assert gtn_nas(*command)[0] == 0
    assert ranked.read_bytes().startswith(before)
    assert len(read_table(ranked).rows) == 4


def test_scores_of_other_settings_are_never_mixed(ranked, here, gtn_nas):
    before = ranked.read_bytes()
    command = ("rank", "digits", *SMALL, "--genotypes", "cells.txt", "--out", "scores.csv")
    for more, message in (
        ((), "continue it with --resume"),
        (("--resume", "--seed", 1), "seed = 0, not 1"),
        (("--resume", "--score", "loss"), "options.score = None, not 'loss'"),
        (("--run-dir", "other"), "no run in other says how it was scored"),
        (("--run-dir", "other", "--resume"), "no run in other says how it was scored"),
    ):
        code, _, err = gtn_nas(*command, *more)
        assert code == 1
        assert message in err
    assert ranked.read_bytes() == before
    assert not (here / "other").exists()


def test_a_teacher_trained_anew_is_another_teacher(here, gtn_nas):
    teacher = Teacher.from_pretrained("digits")
    teacher.save_pretrained("mine")
    command = ("rank", "mine", *SMALL, "--genotypes", "cells.txt", "--out", "scores.csv")
    assert gtn_nas(*command)[0] == 0
    teacher.inner_optimizer.learning_rate.raw.data.add_(0.1)
    teacher.save_pretrained("mine")
    code, _, err = gtn_nas(*command, "--resume")
    assert code == 1
    assert "was started with weights" in err


def test_correlate_prints_figures_and_draws(ranked, here, gtn_nas):
    truth = [f"{cell},{accuracy}" for cell, accuracy in zip(CELLS, (0.9, 0.5, 0.7), strict=True)]
    (here / "truth.csv").write_text("\n".join(["genotype,accuracy", *reversed(truth), f"{NAO},0.1"]))
    command = ("correlate", "scores.csv", "--truth", "truth.csv", "--truth-column", "accuracy")
    code, out, _ = gtn_nas(*command, "--score-column", "params", "--json")
    found = json.loads(out)
    assert code == 0
    assert found["architectures"] == 3
    assert found["spearman"]["value"] == pytest.approx(0.8660254)
    assert found["partial_spearman_given_params"]["value"] is None
    assert (here / found["picture"]).read_bytes().startswith(b"\x89PNG")
    code, out, _ = gtn_nas(*command, "--out", "other.png")
    assert code == 0
    assert "kendall" in out
    assert (here / "other.png").is_file()


@pytest.mark.parametrize("command", [[], ["score"], ["rank"], ["correlate"]])
def test_every_command_helps_with_an_example(gtn_nas, command):
    code, out, _ = gtn_nas(*command, "--help")
    assert code == 0
    assert "Example:" in out or not command


RANK = ("rank", "digits", "--space", "nb201", "--genotypes")
CORRELATE = ("correlate", "table.csv", "--truth", "table.csv", "--truth-column")
MISTAKES = [
    (("score", "digits", ONE, "--space", "nb101"), "did you mean 'nb201'"),
    (("score", "digits", "|none~0|", "--space", "nb201"), "an NB201 genotype looks like"),
    (("score", "digits", ONE.replace("none", "non"), "--space", "nb201"), "did you mean 'none'"),
    (("score", "digits", NAO, "--space", "nb201"), "genotype of the search space nao, not of nb201"),
    (("score", "digits", ONE, "--space", "nao"), "genotype of the search space nb201, not of nao"),
    (("score", "digit", ONE, "--space", "nb201"), "did you mean 'digits'"),
    (("score", "digits", ONE, "--space", "nb201", "--evaluation", "naswott"), "did you mean 'naswot'"),
    (("score", "digits", ONE, "--space", "nb201", "--score", "are"), "did you mean 'area'"),
    (("score", "digits", ONE, "--space", "nb201", "--filters", "8"), "--filters is no size of the search space nb201"),
    (("score", "digits", ONE, "--space", "nb201", "--epochs", "1"), "--epochs means nothing to --evaluation gtn"),
    (("score", "digits", ONE, "--space", "nb201", "--steps", "11"), "a curriculum of 10 steps has no step 11"),
    (("score", "digits", ONE, "--space", "nb201", "--batch-norm", "runing"), "did you mean 'running'"),
    (("score", "digits", ONE, "--space", "nb201", "--data", "images"), "this teacher is for images"),
    (("score", "digits", ONE, "--space", "nb201", "--data", "nowhere"), "nowhere"),
    (("score", "digits", ONE, "--space", "nb201", "--device", "tpu9"), "--device 'tpu9'"),
    ((*RANK, "nowhere.txt"), "nowhere.txt cannot be read"),
    ((*RANK, "wrong.txt"), "wrong.txt, line 2: an NB201 genotype looks like"),
    ((*RANK, "wrong.txt"), "(and 1 more lines like it); nothing was scored"),
    ((*RANK, "table.csv", "--out", "table.csv"), "name another file with --out"),
    ((*RANK, "columns.csv"), "unknown column of columns.csv 'genotype'"),
    ((*CORRELATE, "acuracy"), "did you mean 'accuracy'"),
    ((*CORRELATE, "genotype"), "genotype must be a number"),
    ((*CORRELATE, "accuracy", "--score-column", "points"), "unknown column of table.csv 'points'"),
    ((*CORRELATE, "accuracy", "--score-column", "accuracy"), "at least 3 architectures"),
    ((*CORRELATE, "accuracy", "--out", "x.jpg"), "ends in .png"),
    (
        ("correlate", "table.csv", "--truth", "other.csv", "--truth-column", "accuracy", "--score-column", "accuracy"),
        "no genotype",
    ),
]


@pytest.mark.parametrize(("arguments", "message"), MISTAKES, ids=lambda part: part if isinstance(part, str) else "")
def test_a_mistake_is_one_clear_line_and_exit_code_1(gtn_nas, here, arguments, message):
    from PIL import Image

    for split in ("train", "validation", "test"):
        for label in "ab":
            folder = here / "images" / split / label
            folder.mkdir(parents=True)
            for index in range(4):
                Image.new("L", (9, 9), index).save(folder / f"{index}.png")
    (here / "wrong.txt").write_text(f"{ONE}\n|none~0|\n{NAO}\n")
    (here / "table.csv").write_text(f"genotype,accuracy\n{ONE},0.5\n")
    (here / "other.csv").write_text("genotype,accuracy\nother,0.5\n")
    (here / "columns.csv").write_text("a,b\n1,2\n")
    before = {path: path.read_bytes() for path in here.iterdir() if path.is_file()}
    code, out, err = gtn_nas(*arguments)
    assert (code, out) == (1, "")
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    assert message in err
    assert {path: path.read_bytes() for path in here.iterdir() if path.is_file()} == before
    assert not (here / "runs").exists()


@pytest.mark.parametrize(
    "arguments", [("score", "digits"), ("rank", "digits"), ("scor",), ("rank", "digits", "--seeds", "0")], ids=" ".join
)
def test_wrong_usage_is_one_line_and_exit_code_2(gtn_nas, arguments):
    code, out, err = gtn_nas(*arguments)
    assert (code, out) == (2, "")
    assert err.startswith("usage error: ")
    assert "gtn-nas" in err
    assert err.count("\n") == 1
