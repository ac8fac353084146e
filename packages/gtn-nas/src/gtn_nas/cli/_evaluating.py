"""From what was asked for on the command line to an evaluation."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from hashlib import blake2b
from typing import Any

from gtn_core import RealData, Teacher
from gtn_core.errors import ConfigurationError, UnknownNameError
from gtn_core.evaluation import fitted
from gtn_nas.evaluation import CostEvaluation, Evaluation, GTNEvaluation, RealDataEvaluation, ZeroCostEvaluation
from gtn_nas.spaces import NAOSpace, NB201Space, find_space
from gtn_nas.zero_cost import ZERO_COST

TRAINED = ("gtn", "real")
COSTS = ("params", "flops")
EVALUATIONS = (*TRAINED, *COSTS, *ZERO_COST)

GOES_WITH: dict[str, Sequence[str]] = {
    "score": TRAINED,
    "seeds": (*TRAINED, *ZERO_COST),
    "images": TRAINED,
    "batch_norm": TRAINED,
    "steps": TRAINED,
    "epochs": ("real",),
    "subset": ("real",),
    "batch_size": ("real", *ZERO_COST),
    "learning_rate": ("real",),
    "momentum": ("real",),
}
"""Which evaluations know an option."""


@dataclass(frozen=True)
class Wanted:
    """An evaluation as it was asked for.

    Attributes:
        teacher: folder, shipped name or Hub id.
        space: name of the search space.
        evaluation: one of `EVALUATIONS`.
        data: source of the real data; the teacher's unless given.
        seed: of everything random.
        device: where to compute.
        size: cells, channels and filters, where given.
        options: of the evaluation, where given.
    """

    teacher: str
    space: str
    evaluation: str
    data: str | None
    seed: int
    device: str
    size: dict[str, int | None]
    options: dict[str, Any]

    @cached_property
    def loaded(self) -> Teacher:
        """The teacher itself."""
        return Teacher.from_pretrained(self.teacher)

    def networks(self) -> NAOSpace | NB201Space:
        """Return the search space with the size of its networks.

        Raises:
            UnknownNameError: no such search space or evaluation.
            ConfigurationError: a size that the space has not.
        """
        if self.evaluation not in EVALUATIONS:
            raise UnknownNameError("evaluation", self.evaluation, EVALUATIONS)
        kind = find_space(self.space)
        usual = kind() if self.evaluation in TRAINED else kind.published()
        sizes = sorted(asdict(usual).keys() & self.size.keys())
        given = {name: size for name, size in self.size.items() if size is not None}
        if foreign := sorted(given.keys() - set(sizes)):
            allowed = " and ".join(f"--{name}" for name in sizes)
            raise ConfigurationError(f"--{foreign[0]} is no size of the search space {self.space}; it has {allowed}")
        return replace(usual, **given)

    def build(self, on_step: Callable[[], None] | None = None) -> Evaluation:
        """Load teacher and data, and return the evaluation.

        Args:
            on_step: called after every step of training.

        Raises:
            GTNError: whatever of this cannot be had, or does not fit together.
        """
        space, given = self.networks(), self._options()
        teacher = self.loaded.to(self.device)
        if self.evaluation == "params" or self.evaluation == "flops":
            return CostEvaluation(self.evaluation, space)
        data = self._real_data(teacher)
        given["seed"] = self.seed
        if self.evaluation == "gtn":
            return GTNEvaluation(teacher, data, space, on_step=on_step, **given)
        given.setdefault("batch_size", teacher.specification.batch)
        if self.evaluation == "real":
            if "epochs" not in given:
                given.setdefault("steps", teacher.steps)
            return RealDataEvaluation(data, space, on_step=on_step, **given)
        return ZeroCostEvaluation(self.evaluation, data, space, **given)

    def configuration(self) -> dict[str, Any]:
        """Return all that decides the scores, for `config.yaml`; the teacher also by its weights, which may change."""
        own = {"size": asdict(self.networks()), "options": self._options()}
        return {**asdict(self), **own, "weights": digest_of(self.loaded)}

    def _options(self) -> dict[str, Any]:
        given = {name: value for name, value in self.options.items() if value is not None}
        for name in given:
            if self.evaluation not in GOES_WITH[name]:
                raise ConfigurationError(
                    f"--{name.replace('_', '-')} means nothing to --evaluation {self.evaluation}; it goes with "
                    f"{', '.join(GOES_WITH[name])}"
                )
        return given

    def _real_data(self, teacher: Teacher) -> RealData:
        source = teacher.card.data.source if self.data is None else self.data
        if source is None:
            raise ConfigurationError(
                f"teacher {self.teacher} does not say which real data it is for; name them with --data"
            )
        return fitted(teacher, teacher.card.data.load(source, self.device, teacher.normalization))


def digest_of(teacher: Teacher) -> str:
    """Return a digest of all that a teacher has learned."""
    digest = blake2b(digest_size=8)
    for name, tensor in sorted(teacher.state_dict().items()):
        digest.update(name.encode())
        digest.update(tensor.cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()
