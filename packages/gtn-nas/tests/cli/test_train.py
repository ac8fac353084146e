"""`gtn-nas train` as its users meet it."""

import json

import pytest
import torch

from gtn_core import RealData
from gtn_nas.training import read_network

CELL = "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|none~0|skip_connect~1|avg_pool_3x3~2|"
NAO = " ".join(["0 2 1 0"] * 10)
SMALL = [f"--set={text}" for text in ("epochs=2", "cells=1", "batch_size=64", "augmentation=none")]
NB201 = ["train", CELL, "--space", "nb201", "--recipe", "search", "--data", "digits", "--threads", 1, *SMALL]
NB201 += ["--set", "channels=4"]


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def trained(here, gtn_nas):
    code, out, _ = gtn_nas(*NB201, "--run-dir", "run", "--json")
    assert code == 0
    return json.loads(out)


def test_a_training_leaves_a_tested_network(trained, here):
    folder = here / "run"
    kept = {path.name for path in folder.iterdir()}
    assert kept >= {"config.yaml", "metrics.jsonl", "timings.jsonl", "checkpoints", "result.json", "model.safetensors"}
    result = json.loads((folder / "result.json").read_text())
    assert trained == {"run_dir": "run", "model": "run/model.safetensors", **result}
    lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    assert [line["epoch"] for line in lines] == [1, 2]
    assert lines[-1]["train_loss"] < lines[0]["train_loss"]
    assert result["validation_accuracy"] == lines[-1]["validation_accuracy"]
    assert (result["genotype"], result["params"], result["steps"]) == (CELL, 7902, 40)

    data, network = RealData.load("digits"), read_network(folder / "model.safetensors")
    with torch.no_grad():
        right = (network(data.test.images).argmax(1) == data.test.labels).float().mean().item()
    assert right == pytest.approx(result["test_accuracy"], abs=1.01 / len(data.test))


def test_a_finished_training_is_not_done_again(trained, here, gtn_nas):
    before = {path: path.read_bytes() for path in here.rglob("*") if path.is_file()}
    code, out, err = gtn_nas(*NB201, "--run-dir", "run", "--resume", "--json")
    assert (code, json.loads(out)) == (0, trained)
    assert "is finished already" in err
    for more, message in (
        ([], "continue it with --resume"),
        (["--resume", "--seed", 1], "seed = 0, not 1"),
        (["--resume", "--set", "epochs=3"], "recipe.epochs = 2, not 3"),
    ):
        code, _, err = gtn_nas(*NB201, "--run-dir", "run", *more)
        assert code == 1
        assert message in err
    assert {path: path.read_bytes() for path in here.rglob("*") if path.is_file()} == before


def test_what_a_kill_left_out_after_the_last_step_is_made_up_for(trained, here, gtn_nas):
    model = here / "run" / "model.safetensors"
    before = model.read_bytes()
    model.unlink()
    (here / "run" / "result.json").unlink()
    code, out, _ = gtn_nas(*NB201, "--run-dir", "run", "--resume", "--json")
    assert (code, json.loads(out)) == (0, trained)
    assert model.read_bytes() == before


def test_the_final_recipe_judges_nothing_before_the_end(here, gtn_nas):
    command = ["train", NAO, "--space", "nao", "--recipe", "final", "--data", "digits", *SMALL, "--set", "filters=2"]
    code, out, err = gtn_nas(*command, "--set", "epochs=1", "--set", "batch_size=600")
    assert (code, err) == (0, "")
    assert "too small for an auxiliary head" in out
    (folder,) = (here / "runs").iterdir()
    assert folder.name.startswith("nao-final-")
    result, line = json.loads((folder / "result.json").read_text()), json.loads((folder / "metrics.jsonl").read_text())
    assert result["steps"] == (1294 + 144) // 600
    assert result["validation_accuracy"] is line["validation_accuracy"] is None
    assert "test accuracy" in out


TRAIN = ("train", CELL, "--space", "nb201")
DIGITS = (*TRAIN, "--recipe", "search", "--data", "digits")
MISTAKES = [
    ((*TRAIN, "--recipe", "serch"), "did you mean 'search'"),
    ((*DIGITS, "--set", "epoch=3"), "did you mean 'epochs'"),
    ((*DIGITS, "--set", "filters=3"), "unknown key 'filters'"),
    ((*DIGITS, "--set", "batch_size=5000"), "cannot fill a batch of 5000"),
    (("train", "|none~0|", "--space", "nb201", "--recipe", "final"), "an NB201 genotype looks like"),
    (("train", NAO, "--space", "nb201", "--recipe", "final"), "genotype of the search space nao, not of nb201"),
    (("train", CELL, "--space", "nb21", "--recipe", "final"), "did you mean 'nb201'"),
    ((*TRAIN, "--recipe", "final", "--data", "nowhere"), "unknown data 'nowhere'"),
    ((*TRAIN, "--recipe", "final", "--device", "tpu9"), "--device 'tpu9'"),
    ((*DIGITS, "--run-dir", "full"), "is not empty and holds no run"),
]


@pytest.mark.parametrize(("arguments", "message"), MISTAKES, ids=lambda part: part if isinstance(part, str) else "")
def test_a_mistake_is_one_clear_line_and_leaves_nothing(here, gtn_nas, arguments, message):
    (here / "full").mkdir()
    (here / "full" / "notes.txt").write_text("mine")
    code, out, err = gtn_nas(*arguments)
    assert (code, out) == (1, "")
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    assert message in err
    assert sorted(path.name for path in here.rglob("*")) == ["full", "notes.txt"]


def test_a_network_that_diverges_is_one_clear_line(here, gtn_nas):
    wild = ["--set", "learning_rate=1e6", "--set", "weight_decay=1.0", "--set", "checkpoint_every=5"]
    code, _, err = gtn_nas(*NB201, *wild, "--run-dir", "run")
    assert code == 1
    assert err.startswith("error: this network diverged: ")
    assert err.count("\n") == 1
    assert not (here / "run" / "result.json").exists()


def test_what_is_no_network_is_refused(here):
    from gtn_core.errors import ConfigurationError

    (here / "model.safetensors").write_bytes(b"nothing")
    for name in ("model.safetensors", "missing.safetensors"):
        with pytest.raises(ConfigurationError, match="holds no network"):
            read_network(here / name)


def test_help_ends_in_an_example(gtn_nas):
    code, out, _ = gtn_nas("train", "--help")
    assert code == 0
    assert "Example: gtn-nas train" in " ".join(out.split())
