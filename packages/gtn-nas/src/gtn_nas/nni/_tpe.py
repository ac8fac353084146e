"""NNI's tree-structured Parzen estimator, mended for searches of genotypes.

As it is, NNI's strategy minimizes, sleeps a second at every trial, and replaces a proposal that was there before by the
next one of a grid, which begins with a cell of the first operation everywhere.
"""

from random import Random
from typing import Any

from nni.common.hpo_utils import format_parameters
from nni.nas.strategy import TPE

PATIENCE = 1000
"""Changes after which the search space counts as exhausted."""


class TPEStrategy(TPE):
    """NNI's TPE as a strategy that maximizes; a proposal that was there before is changed in one place, or in more.

    Args:
        seed: of everything random.
    """

    def __init__(self, seed: int = 0) -> None:
        super().__init__(optimize_mode="maximize", seed=seed)
        self._stream = Random(seed)
        self._values: dict[str, list[Any]] = {}
        self._proposed: set[tuple[Any, ...]] = set()

    def _run(self) -> None:
        places: dict[str, Any] = self.model_space.simplify()
        self._values = {label: list(place.values) for label, place in places.items()}
        self.tuner.update_search_space({label: place.as_legacy_dict() for label, place in places.items()})
        self.tuner.dedup = lambda parameters: parameters
        while self.wait_for_resource():
            with self._thread_lock:
                sample = self._propose(self._model_count)
                if sample is None:
                    return
                model = self.model_space.freeze(sample)
                self._model_to_id[model] = self._model_count
                self._model_count += 1
            self.engine.submit_models(model)

    def _propose(self, number: int) -> dict[str, Any] | None:
        """Return what the tuner wants to know, else something near it; None if nothing is left."""
        sample = self.tuner.generate_parameters(number)
        for _ in range(PATIENCE):
            key = tuple(sample[label] for label in self._values)
            if key not in self._proposed:
                self._proposed.add(key)
                # The tuner is told a score by number, so it has to know what the number stands for now.
                self.tuner._params[number] = self.tuner._running_params[number] = format_parameters(
                    sample, self.tuner.space
                )
                return dict(sample)
            label = self._stream.choice(list(self._values))
            sample = {**sample, label: self._stream.choice(self._values[label])}
        return None
