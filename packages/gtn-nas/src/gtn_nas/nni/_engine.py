"""NNI's local service as an engine that keeps what is scored: nothing in the record is scored again."""

import time
from collections.abc import Callable
from typing import Any

from nni.nas.execution import TrainingServiceExecutionEngine
from nni.nas.execution.event import FinalMetricEvent, ModelEventType, TrainingEndEvent
from nni.nas.space import ModelStatus

from gtn_core.errors import RunError
from gtn_nas.nni._evaluator import metric_of
from gtn_nas.search import Trial, TrialRecord
from gtn_nas.strategies import genotype_of

POLL_SECONDS = 0.5


class LocalEngine(TrainingServiceExecutionEngine):
    """Runs each trial in a process of its own, on this machine.

    Args:
        experiment: that the engine belongs to.
        record: trials add to it; genotypes that are in it from before are answered from it.
        check: called whenever the strategy waits; raises to stop the search.
        on_trial: called with every new trial, from another thread.
        on_failure: called with the genotype of a trial that ended without a score.
    """

    def __init__(
        self,
        experiment: Any,
        record: TrialRecord,
        check: Callable[[], None],
        on_trial: Callable[[Trial], None],
        on_failure: Callable[[str], None],
    ) -> None:
        super().__init__(experiment, fetch_intermediates=False)
        self._record, self._check, self._on_trial, self._on_failure = record, check, on_trial, on_failure
        self._known = {trial.genotype: trial for trial in record.trials()}
        self._kept: list[Any] = []  # NNI forgets models that nobody holds, and with them the strategy's results
        self.register_model_event_callback(ModelEventType.TrainingEnd, self._on_end)

    def submit_models(self, *models: Any) -> None:
        """Send models to NNI's server, those not in the record."""
        for model in models:
            known = self._known.get(str(genotype_of(model.sample)))
            if known is None:
                self._kept.append(model)
                super().submit_models(model)
            else:
                model.status = ModelStatus.Training
                self.dispatch_model_event(FinalMetricEvent(model, metric_of(known.rank_key)))
                self.dispatch_model_event(TrainingEndEvent(model, ModelStatus.Trained))

    def idle_worker_available(self) -> bool:
        """Return whether another trial can begin now."""
        self._check()
        return bool(super().idle_worker_available())

    def wait_models(self, *models: Any) -> None:
        """Wait until these models are done; all that were sent unless any is given."""
        while any(not model.status.completed() for model in models or self._kept):
            self._check()
            if self.nodejs_binding.get_status() == "ERROR":
                raise RunError("NNI's server reports an error; what is scored is kept, go on with --resume")
            time.sleep(POLL_SECONDS)

    def _on_end(self, event: Any) -> None:
        # A trial that dies at its start leaves its model to the next one, so a score need not be of this event's model.
        for trial in self._record.trials():
            if trial.genotype not in self._known:
                self._known[trial.genotype] = trial
                self._on_trial(trial)
        genotype = str(genotype_of(event.model.sample))
        if genotype not in self._known:
            self._on_failure(genotype)
