"""What a search leaves behind: `search.json` and `scores.csv`, made from its record."""

import csv
import io
import json
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gtn_core.runs import write_atomically
from gtn_nas.evaluation import EvaluationSettings
from gtn_nas.search._record import RECORD, Trial, TrialRecord

RESULT, SCORES = "search.json", "scores.csv"
SHOWN = 10
COLUMNS = ("genotype", "score", "score_std", "seconds", "status")


@dataclass(frozen=True)
class SearchResult:
    """A search, finished or not.

    Attributes:
        evaluation: how genotypes were scored.
        strategy: how they were chosen.
        engine: where they were scored.
        seed: of the strategy.
        wanted: how many trials the search shall have.
        trials: those it has, in order.
    """

    evaluation: EvaluationSettings
    strategy: str
    engine: str
    seed: int
    wanted: int
    trials: tuple[Trial, ...]

    @property
    def finished(self) -> bool:
        """Whether the search has all its trials."""
        return len(self.trials) >= self.wanted

    @property
    def ranked(self) -> list[Trial]:
        """The trials, best first; of equal ones the earlier."""
        return sorted(self.trials, key=lambda trial: trial.rank_key, reverse=True)

    @property
    def diverged(self) -> int:
        """How many genotypes diverged."""
        return sum(trial.status == "diverged" for trial in self.trials)

    @property
    def best(self) -> Trial | None:
        """The best genotype; None before the first that has not diverged."""
        leader = next(iter(self.ranked), None)
        return leader if leader and leader.score is not None else None

    @property
    def training_command(self) -> str | None:
        """The command that trains the best genotype on the data it was scored on; None where there is none."""
        if self.best is None:
            return None
        words = ["gtn-nas", "train", self.best.genotype, "--space", self.evaluation.space, "--recipe", "final"]
        return shlex.join([*words, *(["--data", self.evaluation.data] if self.evaluation.data else [])])

    def as_dict(self) -> dict[str, Any]:
        """Return the content of `search.json`."""
        return {
            "evaluation": self.evaluation.as_dict(),
            "strategy": self.strategy,
            "engine": self.engine,
            "seed": self.seed,
            "trials": self.wanted,
            "scored": len(self.trials),
            "diverged": self.diverged,
            "finished": self.finished,
            "seconds": round(sum(trial.seconds for trial in self.trials), 3),
            "best": self.best.model_dump(mode="json") if self.best else None,
            "train": self.training_command,
            "top": [trial.model_dump(mode="json") for trial in self.ranked[:SHOWN]],
        }

    def write(self, folder: Path) -> None:
        """Write both files, each as a whole or not at all."""
        text = json.dumps(self.as_dict(), indent=1) + "\n"
        write_atomically(folder / RESULT, lambda partial: partial.write_text(text))
        table = io.StringIO()
        writer = csv.writer(table, lineterminator="\n")
        writer.writerow(COLUMNS)
        for trial in self.trials:
            writer.writerow([trial.genotype, trial.rank_key, trial.score_std, trial.seconds, trial.status])
        write_atomically(folder / SCORES, lambda partial: partial.write_text(table.getvalue()))


def trials_of(folder: Path) -> tuple[Trial, ...]:
    """Return the trials in a search's run directory."""
    return tuple(TrialRecord(folder / RECORD).trials())
