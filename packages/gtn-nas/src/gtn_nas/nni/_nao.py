"""Neural architecture optimization as an NNI exploration strategy."""

import threading
from typing import Any

from nni.mutable import Categorical
from nni.nas.execution.event import ModelEventType
from nni.nas.strategy import Strategy

from gtn_core.errors import ConfigurationError
from gtn_nas.strategies import NAOptimizer


class NAOStrategy(Strategy):
    """Embeds genotypes, climbs their predicted score in the embedding, and decodes better ones; see `NAOptimizer`.

    Works on every model space that consists of categorical choices.

    Args:
        seed: of everything random.
        initial: random proposals at the start.
        generation: proposals of one training of the networks.
        steps: of each training.
    """

    def __init__(self, *, seed: int = 0, initial: int = 20, generation: int = 10, steps: int = 100) -> None:
        super().__init__()
        self._arguments = {"seed": seed, "initial": initial, "generation": generation, "steps": steps}
        self._values: dict[str, list[Any]] = {}
        self._optimizer: NAOptimizer | None = None
        self._state: dict[str, Any] = {}
        self._running: dict[tuple[int, ...], Any] = {}  # NNI itself does not keep the models it was given
        self._lock = threading.Lock()  # a server's results come in another thread

    def extra_repr(self) -> str:
        """Return the arguments, for NNI's log."""
        return ", ".join(f"{name}={value}" for name, value in self._arguments.items())

    @property
    def optimizer(self) -> NAOptimizer:
        """What makes the proposals.

        Raises:
            ConfigurationError: the strategy has no model space yet.
        """
        if self._optimizer is None:
            raise ConfigurationError("a NAOStrategy has nothing to optimize until NNI gives it a model space")
        return self._optimizer

    def state_dict(self) -> dict[str, Any]:
        """Return all that the next proposals depend on."""
        with self._lock:
            return self._optimizer.state_dict() if self._optimizer else self._state

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from a state; before or after NNI gives the strategy its model space."""
        self._state = state_dict
        if self._optimizer:
            self._optimizer.load_state_dict(state_dict)

    def _initialize(self, model_space: Any, engine: Any) -> Any:
        for label, mutable in model_space.simplify().items():
            if not isinstance(mutable, Categorical):
                raise ConfigurationError(f"NAOStrategy chooses among given values; {label} is {mutable!r}")
            self._values[label] = list(mutable.values)
        self._optimizer = NAOptimizer([len(values) for values in self._values.values()], **self._arguments)
        if self._state:
            self._optimizer.load_state_dict(self._state)
        engine.register_model_event_callback(ModelEventType.TrainingEnd, self._on_end)
        return model_space

    def _run(self) -> None:
        while self.wait_for_resource():
            with self._lock:
                numbers = self.optimizer.ask()
            if numbers is None:
                break
            chosen = zip(self._values.items(), numbers, strict=True)
            model = self.model_space.freeze({label: values[number] for (label, values), number in chosen})
            self._running[numbers] = model
            self.engine.submit_models(model)
        self.engine.wait_models(*self._running.values())

    def _cleanup(self) -> None:
        self.engine.unregister_model_event_callback(ModelEventType.TrainingEnd, self._on_end)

    def _on_end(self, event: Any) -> None:
        sample = event.model.sample
        numbers = tuple(values.index(sample[label]) for label, values in self._values.items())
        with self._lock:
            if event.model.metric is None:
                self.optimizer.forget(numbers)
            else:
                self.optimizer.tell(numbers, float(event.model.metric))
            self._running.pop(numbers, None)
