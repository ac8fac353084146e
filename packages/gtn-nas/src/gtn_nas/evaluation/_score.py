"""What an evaluation says about a genotype."""

from dataclasses import dataclass
from math import inf, isfinite
from statistics import fmean, pstdev
from typing import Any, Literal, Protocol, TypeAlias

Status: TypeAlias = Literal["ok", "diverged"]


@dataclass(frozen=True)
class Score:
    """How good a genotype is; higher is better.

    Attributes:
        score: mean over the seeds; -inf where any seed has no finite figure.
        score_std: standard deviation over the seeds; 0 for one seed, and for -inf.
        seconds: that it took.
        status: `diverged` where the score is -inf.
        accuracies: on real validation images after the last step, one a seed.
        losses: the same for the mean cross entropy.
        areas: under the few-step curve, one a seed; empty unless that is the score asked for.
        training_losses: mean over all steps of training, one a seed.
    """

    score: float
    score_std: float
    seconds: float
    status: Status
    accuracies: tuple[float, ...] = ()
    losses: tuple[float, ...] = ()
    areas: tuple[float, ...] = ()
    training_losses: tuple[float, ...] = ()

    @classmethod
    def of(cls, figures: list[float], seconds: float, **measured: tuple[float, ...]) -> "Score":
        """Return the score of one figure a seed.

        Example:
            >>> found = Score.of([0.25, 0.75], seconds=1.0)
            >>> found.score, found.score_std, found.status
            (0.5, 0.25, 'ok')
            >>> Score.of([0.5, float("nan")], seconds=1.0).score
            -inf
        """
        if not all(map(isfinite, figures)):
            return cls(-inf, 0.0, seconds, "diverged", **measured)
        return cls(fmean(figures), pstdev(figures), seconds, "ok", **measured)


class Evaluation(Protocol):
    """Scores genotypes: a plain callable, so that any search can call it."""

    def __call__(self, genotype: Any) -> Score:
        """Return the score of a genotype, or of its text.

        Raises:
            ConfigurationError: the text is no genotype of the space.
        """
        ...
