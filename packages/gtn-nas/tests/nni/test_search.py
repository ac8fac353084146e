import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from gtn_core.errors import ConfigurationError, UnknownNameError
from gtn_core.runs import RunStopped, SilentProgress
from gtn_nas import Score
from gtn_nas.evaluation import EvaluationSettings
from gtn_nas.nni import run_search
from gtn_nas.search import RECORD, STRATEGIES, Trial, TrialRecord, trials_of

SETTINGS = EvaluationSettings("digits", "nb201")


class Told(SilentProgress):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.begun: list[tuple[int, int]] = []
        self.advanced = 0

    def start(self, description: str, total: int, done: int = 0) -> None:
        self.begun.append((total, done))

    def advance(self, **figures: float) -> None:
        self.advanced += 1

    def note(self, text: str) -> None:
        self.notes.append(text)


@pytest.fixture
def scored(monkeypatch: pytest.MonkeyPatch, convolutions) -> list[str]:
    """Let settings build an evaluation that takes no time; what it is asked for is listed."""
    asked: list[str] = []

    def build(self: EvaluationSettings, on_step: Callable[[], None] | None = None) -> Callable[[object], Score]:
        def evaluation(genotype: object) -> Score:
            if on_step:
                on_step()
            asked.append(str(genotype))
            return convolutions(genotype)

        return evaluation

    monkeypatch.setattr(EvaluationSettings, "build", build)
    return asked


def search(folder: Path, trials: int, strategy: str = "random", **options: object) -> Told:
    progress = Told()
    run_search(SETTINGS, folder, strategy=strategy, trials=trials, progress=progress, **options)
    return progress


def genotypes(folder: Path) -> list[str]:
    return [trial.genotype for trial in trials_of(folder)]


def test_a_search_tells_of_each_trial_and_of_each_new_best(tmp_path: Path, scored: list[str]):
    progress = search(tmp_path, 20)
    assert genotypes(tmp_path) == scored
    assert progress.begun == [(20, 0)]
    assert progress.advanced == 20
    best = max(scored, key=lambda genotype: genotype.count("conv_3x3"))
    assert progress.notes[-1].endswith(best)


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_search_that_is_resumed_finds_what_an_undisturbed_one_finds(strategy: str, tmp_path: Path, scored: list[str]):
    for name in ("undisturbed", "resumed"):
        (tmp_path / name).mkdir()
    search(tmp_path / "undisturbed", 30, strategy)
    scored.clear()
    search(tmp_path / "resumed", 13, strategy)
    progress = search(tmp_path / "resumed", 30, strategy)
    assert progress.begun == [(30, 13)]
    assert genotypes(tmp_path / "resumed") == genotypes(tmp_path / "undisturbed")
    assert len(scored) == 30  # none of them twice


def test_a_finished_search_has_nothing_left_to_do(tmp_path: Path, scored: list[str]):
    search(tmp_path, 5)
    assert search(tmp_path, 5).begun == []
    assert len(scored) == 5


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_search_and_keeps_what_is_scored(
    number: signal.Signals, tmp_path: Path, scored: list[str], monkeypatch: pytest.MonkeyPatch
):
    add = TrialRecord.add

    def add_and_interrupt(self: TrialRecord, trial: Trial) -> None:
        add(self, trial)
        if len(scored) == 4:
            os.kill(os.getpid(), number)

    monkeypatch.setattr(TrialRecord, "add", add_and_interrupt)
    with pytest.raises(RunStopped, match="--resume"):
        search(tmp_path, 10)
    assert len(genotypes(tmp_path)) == 4
    monkeypatch.setattr(TrialRecord, "add", add)
    search(tmp_path, 10)
    assert len(genotypes(tmp_path)) == 10


def test_an_error_of_the_evaluation_comes_out_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def build(self: EvaluationSettings, on_step: object = None) -> Callable[[object], Score]:
        def evaluation(genotype: object) -> Score:
            raise ConfigurationError("no such thing")

        return evaluation

    monkeypatch.setattr(EvaluationSettings, "build", build)
    with pytest.raises(ConfigurationError, match=r"^no such thing$"):
        search(tmp_path, 3)


def test_misspelt_names_are_refused_before_anything_is_scored(tmp_path: Path, scored: list[str]):
    with pytest.raises(UnknownNameError, match="did you mean 'nao'"):
        search(tmp_path, 3, "nae")
    with pytest.raises(UnknownNameError, match="did you mean 'sequential'"):
        search(tmp_path, 3, engine="sequentiel")
    assert not scored
    assert not (tmp_path / RECORD).exists()


def test_nni_says_nothing_on_standard_output(tmp_path: Path, scored: list[str], capfd: pytest.CaptureFixture[str]):
    search(tmp_path, 3)
    assert capfd.readouterr() == ("", "")
