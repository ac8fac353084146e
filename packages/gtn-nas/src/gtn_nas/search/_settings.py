"""What a search is: how genotypes are scored and chosen, as plain values that can be written down."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from gtn_core import Teacher
from gtn_core.errors import ConfigurationError, UnknownNameError
from gtn_nas.evaluation import Evaluation, GTNEvaluation
from gtn_nas.spaces import NAOSpace, NB201Space, find_space

STRATEGIES = ("random", "evolution", "tpe", "nao")
ENGINES = ("sequential", "local")


@dataclass(frozen=True)
class EvaluationSettings:
    """How genotypes are scored by a teacher; what is None or absent has its usual value.

    Attributes:
        teacher: a folder, a shipped name or a Hub id.
        space: the name of the search space.
        data: source of the real data; what the teacher was made for unless given.
        seed: of initial values and batches.
        device: where to compute.
        size: of the networks: cells, and channels or filters.
        options: of `GTNEvaluation`: seeds, score, steps, images, batch_norm.

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

    @property
    def score(self) -> str:
        """The name of the score."""
        return self.options.get("score") or "accuracy"

    def networks(self) -> NAOSpace | NB201Space:
        """Return the search space, at the size of the networks to be trained.

        Raises:
            UnknownNameError: there is no such search space.
            ConfigurationError: a size that it has not.
        """
        usual, given = find_space(self.space)(), _given(self.size)
        sizes = sorted(asdict(usual).keys() - {"variant"})
        for name in given:
            if name not in sizes:
                raise ConfigurationError(
                    f"{name} is no size of the search space {self.space}; it has {' and '.join(sizes)}"
                )
        return replace(usual, **given)

    def resolved(self) -> "EvaluationSettings":
        """Return the settings with the data named that the teacher was made for, unless others are.

        Raises:
            ConfigurationError: the teacher does not say which data it is for, and none are named.
            TeacherError: there is no such teacher.
        """
        source = self.data or Teacher.from_pretrained(self.teacher).card.data.source
        if source is None:
            raise ConfigurationError(
                f"teacher {self.teacher} does not say which real data it is for; name them with --data"
            )
        return replace(self, data=source)

    def build(self, on_step: Callable[[], None] | None = None) -> Evaluation:
        """Load teacher and data, and return the evaluation.

        Raises:
            ConfigurationError: as for `networks` and `resolved`, or an option that cannot work.
            TeacherError: there is no such teacher, or the data's images or classes are not those it is for.
        """
        space, source = self.networks(), self.resolved().data
        assert source is not None
        teacher = Teacher.from_pretrained(self.teacher).to(self.device)
        data = teacher.card.data.load(source, self.device, teacher.normalization)
        return GTNEvaluation(teacher, data, space, seed=self.seed, on_step=on_step, **_given(self.options))

    def as_dict(self) -> dict[str, Any]:
        """Return the settings by name."""
        return asdict(self)


def _given(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def check_strategy(name: str) -> None:
    """Raise `UnknownNameError` unless there is such a strategy."""
    if name not in STRATEGIES:
        raise UnknownNameError("strategy", name, STRATEGIES)


def check_engine(name: str) -> None:
    """Raise `UnknownNameError` unless there is such an engine."""
    if name not in ENGINES:
        raise UnknownNameError("engine", name, ENGINES)
