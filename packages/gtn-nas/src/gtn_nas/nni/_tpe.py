"""NNI's tree-structured Parzen estimator, mended: NNI's own strategy minimizes, and sleeps a second at every trial."""

from typing import Any

import nni
from nni.nas.strategy import TPE


class TPEStrategy(TPE):
    """NNI's TPE as a strategy that maximizes.

    Args:
        seed: of everything random.
    """

    def __init__(self, seed: int = 0) -> None:
        super().__init__(optimize_mode="maximize", seed=seed)

    def _run(self) -> None:
        places: dict[str, Any] = self.model_space.simplify()
        self.tuner.update_search_space({label: mutable.as_legacy_dict() for label, mutable in places.items()})
        while self.wait_for_resource():
            with self._thread_lock:
                try:
                    sample = self.tuner.generate_parameters(self._model_count)
                except nni.NoMoreTrialError:
                    return
                model = self.model_space.freeze(sample)
                self._model_to_id[model] = self._model_count
                self._model_count += 1
            self.engine.submit_models(model)
