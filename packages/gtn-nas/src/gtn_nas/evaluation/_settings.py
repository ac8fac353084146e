"""How genotypes are scored, as plain values that can be written down and sent to another process."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from hashlib import blake2b
from typing import Any

from gtn_core import RealData, Teacher
from gtn_core.errors import ConfigurationError, UnknownNameError
from gtn_core.evaluation import fitted
from gtn_nas.evaluation._gtn import GTNEvaluation
from gtn_nas.evaluation._real_data import RealDataEvaluation
from gtn_nas.evaluation._score import Evaluation
from gtn_nas.evaluation._zero_cost import COUNTS, CostEvaluation, ZeroCostEvaluation
from gtn_nas.spaces import Space, find_space
from gtn_nas.zero_cost import ZERO_COST

TRAINED = ("gtn", "real")
EVALUATIONS = (*TRAINED, *COUNTS, *ZERO_COST)

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
class EvaluationSettings:
    """How genotypes are scored; what is None or absent has its usual value.

    Attributes:
        teacher: a folder, a shipped name or a Hub id.
        space: the name of the search space.
        data: source of the real data; what the teacher was made for unless given.
        seed: of initial values and batches.
        device: where to compute.
        size: of the networks: cells, and channels or filters.
        options: of the evaluation: seeds, score, steps, images, batch_norm, ...
        evaluation: one of `EVALUATIONS`.

    Example:
        >>> settings = EvaluationSettings("digits", "nb201", size={"channels": 4}, options={"seeds": 1})
        >>> settings.networks()
        NB201Space(channels=4, cells=1, variant='gtn')
        >>> settings.build()("|nor_conv_3x3~0|+|none~0|none~1|+|none~0|skip_connect~1|none~2|").score > 0.5
        True
    """

    teacher: str
    space: str
    data: str | None = None
    seed: int = 0
    device: str = "cpu"
    size: dict[str, int | None] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)
    evaluation: str = "gtn"

    @property
    def score(self) -> str:
        """The name of the score."""
        return self.options.get("score") or "accuracy"

    @cached_property
    def loaded(self) -> Teacher:
        """The teacher itself.

        Raises:
            TeacherError: there is no such teacher.
        """
        return Teacher.from_pretrained(self.teacher)

    def networks(self) -> Space[Any]:
        """Return the search space, at the size of the networks that are made; the published one without training.

        Raises:
            UnknownNameError: there is no such search space or evaluation.
            ConfigurationError: a size that the space has not.
        """
        if self.evaluation not in EVALUATIONS:
            raise UnknownNameError("evaluation", self.evaluation, EVALUATIONS)
        kind = find_space(self.space)
        usual, given = kind() if self.evaluation in TRAINED else kind.published(), _given(self.size)
        sizes = sorted(asdict(usual).keys() - {"variant"})
        for name in given:
            if name not in sizes:
                raise ConfigurationError(
                    f"--{name} is no size of the search space {self.space}; it has {' and '.join(sizes)}"
                )
        resized: Space[Any] = replace(usual, **given)
        return resized

    def resolved(self) -> "EvaluationSettings":
        """Return the settings with the data named that the teacher was made for, unless others are.

        Raises:
            ConfigurationError: the teacher does not say which data it is for, and none are named.
            TeacherError: there is no such teacher.
        """
        source = self.loaded.card.data.source if self.data is None else self.data
        if source is None:
            raise ConfigurationError(
                f"teacher {self.teacher} does not say which real data it is for; name them with --data"
            )
        return replace(self, data=source)

    def build(self, on_step: Callable[[], None] | None = None) -> Evaluation:
        """Load teacher and data, and return the evaluation.

        Args:
            on_step: called after every step of training.

        Raises:
            ConfigurationError: as for `networks` and `resolved`, or an option that cannot work.
            TeacherError: there is no such teacher, or the data's images or classes are not those it is for.
            DataError: the real data cannot be had.
        """
        space, given = self.networks(), self._known_options()
        teacher = self.loaded.to(self.device)
        if self.evaluation in COUNTS:
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

    def as_dict(self) -> dict[str, Any]:
        """Return the settings by name."""
        return asdict(self)

    def configuration(self) -> dict[str, Any]:
        """Return all that decides the scores, for `config.yaml`; the teacher also by its weights, which may change."""
        resolved = {"size": vars(self.networks()), "options": self._known_options()}
        return {**self.as_dict(), **resolved, "weights": digest_of(self.loaded)}

    def _known_options(self) -> dict[str, Any]:
        given = _given(self.options)
        for name in given:
            if name not in GOES_WITH:
                raise UnknownNameError("option of an evaluation", name, GOES_WITH)
            if self.evaluation not in GOES_WITH[name]:
                raise ConfigurationError(
                    f"--{name.replace('_', '-')} means nothing to --evaluation {self.evaluation}; it goes with "
                    f"{', '.join(GOES_WITH[name])}"
                )
        return given

    def _real_data(self, teacher: Teacher) -> RealData:
        source = self.resolved().data
        assert source is not None
        return fitted(teacher, teacher.card.data.load(source, self.device, teacher.normalization))


def digest_of(teacher: Teacher) -> str:
    """Return a digest of all that a teacher has learned."""
    digest = blake2b(digest_size=8)
    for name, tensor in sorted(teacher.state_dict().items()):
        digest.update(name.encode())
        digest.update(tensor.cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()


def _given(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
