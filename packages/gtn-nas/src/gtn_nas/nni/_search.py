"""A search by one of NNI's strategies on one of its engines."""

import logging
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import nni
from nni.experiment import launcher
from nni.nas.experiment import NasExperiment, NasExperimentConfig

from gtn_core.errors import RunError
from gtn_core.runs import Progress, StopSignal
from gtn_nas.evaluation import EvaluationSettings
from gtn_nas.nni._engine import LocalEngine
from gtn_nas.nni._environment import check_server
from gtn_nas.nni._evaluator import GTNEvaluator, TrialEvaluator
from gtn_nas.nni._model_space import GenotypeModelSpace
from gtn_nas.nni._strategies import new_strategy
from gtn_nas.search import RECORD, RecordedEvaluation, Trial, TrialRecord, check_engine

NNI_LOG = logging.getLogger("nni")
START_SECONDS = 60
KEPT = "what is scored is kept, go on with --resume"
NNI_FOLDER = "nni"
"""Within the run directory: logs, checkpoints, and the trials' output."""


def run_search(
    evaluation: EvaluationSettings,
    folder: Path,
    *,
    strategy: str = "random",
    trials: int = 100,
    engine: str = "sequential",
    port: int = 8080,
    workers: int = 1,
    seed: int = 0,
    progress: Progress,
) -> None:
    """Score as many genotypes as are wanted, and add them to the record in a folder.

    What the record holds already counts, and is not scored again.

    Args:
        evaluation: how genotypes are scored.
        folder: of the search; `trials.jsonl` is its record.
        strategy: `random`, `evolution`, `tpe` or `nao`.
        trials: wanted in all.
        engine: `sequential`, in this process, or `local`, NNI's service with a web page and a process for each trial.
        port: of the service, on 127.0.0.1.
        workers: trials of the service side by side.
        seed: of the strategy.
        progress: shows how far it is.

    Raises:
        ConfigurationError: a name that does not exist, or the service cannot be started.
        RunError: the service broke down, or trials ended without a score.
        RunStopped: a signal came in; everything scored so far is in the record.
    """
    check_engine(engine)
    chosen = new_strategy(strategy, evaluation.space, seed)
    record = TrialRecord(folder / RECORD)
    before = record.trials()
    if len(before) >= trials:
        return
    told = _Teller(progress, before)
    progress.start(f"{strategy} search", trials, done=len(before))
    in_process = engine == "sequential"
    settings = NasExperimentConfig(*(("sequential", "simplified") if in_process else ("ts", "simplified", "local")))
    settings.experiment_name = f"{strategy} search in {evaluation.space}"
    settings.experiment_working_directory = str((folder / NNI_FOLDER).absolute())
    _silence()
    with StopSignal() as stop:
        if in_process:
            settings.max_trial_number = trials
            recorded = RecordedEvaluation(evaluation.build(on_step=stop.check), record, told.trial)
            _run(NasExperiment(_space(evaluation), GTNEvaluator(recorded), chosen, settings), port)
        else:
            check_server(port)
            settings.max_trial_number = trials - len(before)
            settings.trial_concurrency = workers
            on_gpu = evaluation.device.startswith("cuda")
            settings.trial_gpu_number, settings.training_service.use_active_gpu = int(on_gpu), on_gpu
            evaluator = TrialEvaluator(evaluation.as_dict(), str(record.path.absolute()))
            experiment = LocalExperiment(_space(evaluation), evaluator, chosen, settings)
            experiment.new_engine = lambda: LocalEngine(experiment, record, stop.check, told.trial, told.failure)
            _run_on_server(experiment, port)
        stop.check()
    missing = trials - len(record.trials())
    if missing and told.failed:
        raise RunError(
            f"{missing} of {trials} genotypes have no score yet, because trials failed; go on with --resume. What the "
            f"trials said is under {folder / NNI_FOLDER}"
        )
    if missing:
        progress.note(f"the strategy found no more than {trials - missing} genotypes")


class LocalExperiment(NasExperiment):
    """An experiment on NNI's service, with an engine of ours, and patience with a busy machine.

    Attributes:
        new_engine: makes the engine.
    """

    new_engine: Callable[[], LocalEngine]

    def execution_engine_factory(self, config: Any) -> LocalEngine:
        """Return the engine."""
        return self.new_engine()

    def _start_nni_manager(self, *arguments: Any, **options: Any) -> None:
        check = launcher._check_rest_server
        launcher._check_rest_server = partial(check, retry=START_SECONDS)  # NNI itself waits three seconds
        try:
            super()._start_nni_manager(*arguments, **options)
        finally:
            launcher._check_rest_server = check


class _Teller:
    """Tells how far the search is."""

    def __init__(self, progress: Progress, before: list[Trial]) -> None:
        self._progress = progress
        self._best = max((trial.rank_key for trial in before), default=float("-inf"))
        self.failed = 0

    def trial(self, trial: Trial) -> None:
        """A genotype has its score."""
        if trial.rank_key > self._best:
            self._best = trial.rank_key
            self._progress.note(f"best so far {self._best:.4f}: {trial.genotype}")
        self._progress.advance(score=trial.rank_key, best=self._best)

    def failure(self, genotype: str) -> None:
        """A trial ended without a score."""
        self.failed += 1
        self._progress.note(f"a trial ended without a score: {genotype}")


def _space(evaluation: EvaluationSettings) -> GenotypeModelSpace:
    return GenotypeModelSpace(evaluation.space)


def _run(experiment: NasExperiment, port: int) -> None:
    try:
        experiment.run(port)
    finally:
        files = [handler for handler in NNI_LOG.handlers if isinstance(handler, logging.FileHandler)]
        experiment.stop()
        for file in files:
            file.close()  # NNI only takes it off


def _run_on_server(experiment: NasExperiment, port: int) -> None:
    try:
        _run(experiment, port)
    except OSError as error:  # whatever goes wrong between NNI and its server
        raise RunError(f"NNI's server on port {port} does not answer ({type(error).__name__}); {KEPT}") from error
    except RuntimeError as error:
        raise RunError(f"NNI broke down: {error}; {KEPT}") from error


def _silence() -> None:
    """Keep NNI's log in its file: on standard output it would come between the progress, or into the JSON."""
    nni.silence_stdout()
    if not NNI_LOG.handlers:
        NNI_LOG.addHandler(logging.NullHandler())  # else Python prints warnings by itself
