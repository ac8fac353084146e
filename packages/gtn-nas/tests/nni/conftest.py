"""What the tests with NNI share."""

import gtn_nas.nni as ours  # isort: skip  (before NNI itself, which it prepares)

import logging
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from nni.experiment import experiment as hpo_experiment
from nni.experiment import launcher
from nni.nas.experiment import NasExperiment, NasExperimentConfig
from nni.nas.experiment import experiment as nas_experiment
from nni.runtime import log
from nni.tools.nnictl.config_utils import Experiments

from gtn_nas import Score

Evaluation = Callable[[object], Score]


@pytest.fixture(autouse=True)
def _own_manifest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep NNI's list of experiments out of the home folder."""
    for module in (launcher, hpo_experiment, nas_experiment):
        monkeypatch.setattr(module, "Experiments", partial(Experiments, str(tmp_path / "manifest")))


@pytest.fixture(autouse=True)
def _closed_logs(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """NNI leaves its log files open, and Python warns of that."""
    opened: list[logging.FileHandler] = []

    class Kept(logging.FileHandler):
        def __init__(self, *arguments: object, **options: object) -> None:
            super().__init__(*arguments, **options)
            opened.append(self)

    monkeypatch.setattr(log, "FileHandler", Kept)
    yield
    for handler in opened:
        handler.close()


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let NAOStrategy train its networks for a few steps only."""
    monkeypatch.setitem(ours.NAOStrategy.__init__.__kwdefaults__, "steps", 10)


@pytest.fixture
def convolutions() -> Evaluation:
    """An evaluation that takes no time: how many operations of a genotype are 3x3 convolutions."""
    return lambda genotype: Score.of([float(str(genotype).count("nor_conv_3x3"))], seconds=0.0)


@pytest.fixture
def new_experiment(tmp_path: Path) -> Callable[..., NasExperiment]:
    """Return an experiment in the space nb201 on the sequential engine."""

    def make(evaluation: Evaluation, strategy: object, trials: int, **arguments: str) -> NasExperiment:
        config = NasExperimentConfig("sequential", "simplified", max_trial_number=trials)
        config.experiment_working_directory = str(tmp_path)
        return NasExperiment(
            ours.GenotypeModelSpace("nb201"), ours.GTNEvaluator(evaluation), strategy, config, **arguments
        )

    return make
