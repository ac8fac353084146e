"""The record of a search: a line of `trials.jsonl` for each scored genotype, from which everything else is made.

It is all that a search has to keep. A strategy depends on its seed and on the scores it is told, so a search is resumed
by doing it again: genotypes that are in the record are answered from it at once, and only the others are scored.
"""

from collections.abc import Callable
from io import BytesIO
from math import inf
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, FiniteFloat, ValidationError

from gtn_core._reading import read_bounded
from gtn_core._sealed_lines import intact, sealed
from gtn_core.errors import ConfigurationError, RunError
from gtn_core.runs import append_line
from gtn_nas.evaluation import Evaluation, Score, Status

RECORD = "trials.jsonl"
LARGEST = 200_000_000


class Trial(BaseModel):
    """A scored genotype.

    Attributes:
        genotype: as it is printed.
        score: null where it diverged, for JSON has no infinity.
        score_std: over the seeds.
        seconds: that scoring took.
        status: of the score.
        accuracies: of the fresh networks.
        losses: of the fresh networks; null where one is not finite.
    """

    model_config = ConfigDict(frozen=True)

    genotype: str
    score: FiniteFloat | None
    score_std: FiniteFloat
    seconds: FiniteFloat
    status: Status
    accuracies: tuple[FiniteFloat, ...] = ()
    losses: tuple[FiniteFloat | None, ...] = ()

    @classmethod
    def of(cls, genotype: Any, score: Score) -> "Trial":
        """Return the trial that gave a score."""
        return cls(
            genotype=str(genotype),
            score=score.score if score.status == "ok" else None,
            score_std=score.score_std,
            seconds=round(score.seconds, 4),
            status=score.status,
            accuracies=score.accuracies,
            losses=tuple(loss if abs(loss) < inf else None for loss in score.losses),
        )

    @property
    def rank_key(self) -> float:
        """By which trials are sorted, higher is better."""
        return -inf if self.score is None else self.score

    def as_score(self) -> Score:
        """Return what the evaluation said."""
        losses = tuple(inf if loss is None else loss for loss in self.losses)
        return Score(self.rank_key, self.score_std, self.seconds, self.status, self.accuracies, losses)


class TrialRecord:
    """The trials of a search, in the order in which they were scored. Several processes may add to it at once.

    Args:
        path: of the file.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)

    def add(self, trial: Trial) -> None:
        """Bring a trial to the disk.

        Raises:
            RunError: it cannot be written.
        """
        line = sealed(trial.model_dump_json())
        torn = self._content()[-1:] not in (b"", b"\n")  # what a killed process leaves
        append_line(self.path, b"\n" + line if torn else line)

    def trials(self) -> list[Trial]:
        """Return all trials, each genotype once; lines that were torn or damaged are left out, to be scored again.

        Raises:
            RunError: the file cannot be read.
        """
        found: dict[str, Trial] = {}
        for line in filter(intact, BytesIO(self._content())):
            try:
                trial = Trial.model_validate_json(line)
            except ValidationError:
                continue
            found.setdefault(trial.genotype, trial)
        return list(found.values())

    def _content(self) -> bytes:
        try:
            return read_bounded(self.path, LARGEST)
        except FileNotFoundError:
            return b""
        except ConfigurationError as error:
            raise RunError(str(error)) from error
        except OSError as error:
            raise RunError(f"{self.path} cannot be read: {error.strerror}") from error


class RecordedEvaluation:
    """An evaluation that scores no genotype twice, also not in another process or after a restart.

    Args:
        evaluation: is asked for what is not in the record.
        record: is read once, here, and added to.
        on_trial: called with every trial that is added.
    """

    def __init__(
        self, evaluation: Evaluation, record: TrialRecord, on_trial: Callable[[Trial], None] | None = None
    ) -> None:
        self._evaluation, self._record, self._on_trial = evaluation, record, on_trial
        self._known = {trial.genotype: trial for trial in record.trials()}

    def __call__(self, genotype: Any) -> Score:
        """Return the score of a genotype."""
        known = self._known.get(str(genotype))
        if known is not None:
            return known.as_score()
        score = self._evaluation(genotype)
        trial = Trial.of(genotype, score)
        self._record.add(trial)
        self._known[trial.genotype] = trial
        if self._on_trial:
            self._on_trial(trial)
        return score
