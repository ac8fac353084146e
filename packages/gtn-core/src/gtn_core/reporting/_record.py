"""All that a report tells of a run, read once."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gtn_core.errors import RunError, TeacherError
from gtn_core.reporting._reading import Evaluation, checked_evaluation
from gtn_core.runs import OuterStep, RunDirectory, Timing, read_metrics, read_timings
from gtn_core.teacher import Teacher

FOLDERS = {"teacher": "", "real_data": "real_data"}
"""Where each arm's meta-training lies within the run."""


@dataclass(frozen=True)
class RunRecord:
    """A run, finished or not.

    Attributes:
        path: its folder.
        configuration: the content of `config.yaml`.
        meta_training: the outer steps of each arm that has any.
        timings: how long they took, steps that a resumed run did again included.
        evaluation: the measurement at the end; None in a run that has not come to it.
        teacher: what was meta-trained; None where it is not saved yet.
    """

    path: Path
    configuration: dict[str, Any]
    meta_training: dict[str, list[OuterStep]]
    timings: dict[str, list[Timing]]
    evaluation: Evaluation | None
    teacher: Teacher | None

    @classmethod
    def of(cls, run: RunDirectory) -> "RunRecord":
        """Read a run.

        Raises:
            RunError: there is no run, or one of its files is damaged.
        """
        folders = {arm: run.path / folder for arm, folder in FOLDERS.items()}
        try:
            configuration = run.configuration()
            evaluation = checked_evaluation(run.result(), str(run.result_path)) if run.finished else None
        except RecursionError as error:
            raise RunError(f"{run.path}: its configuration or evaluation is nested too deeply to be one") from error
        return cls(
            run.path,
            configuration,
            {arm: steps for arm, folder in folders.items() if (steps := read_metrics(folder / "metrics.jsonl"))},
            {arm: lines for arm, folder in folders.items() if (lines := read_timings(folder / "timings.jsonl"))},
            evaluation,
            _saved_teacher(run),
        )

    def setting(self, *keys: str, default: Any = None) -> Any:
        """Return what the configuration says under nested keys, or the default where it says nothing."""
        place: Any = self.configuration
        for key in keys:
            if not isinstance(place, dict) or place.get(key) is None:
                return default
            place = place[key]
        return place

    @property
    def name(self) -> str:
        """The recipe's name, else the folder's."""
        return str(self.setting("recipe", "name", default=self.path.resolve().name))

    @property
    def outer_steps(self) -> int | None:
        """How many outer steps the run shall have."""
        return _count(self.setting("recipe", "outer", "steps"))

    @property
    def outer_steps_done(self) -> int:
        """How many of them are in the metrics."""
        steps = self.meta_training.get("teacher")
        return steps[-1].step + 1 if steps else 0

    @property
    def inner_steps(self) -> int | None:
        """T."""
        return _count(self.setting("recipe", "teacher", "steps"))

    @property
    def real_data_learnt(self) -> bool:
        """Whether the real-data arm's inner optimizer is meta-trained too."""
        return "real_data" in self.meta_training or isinstance(self.setting("recipe", "real_data_arm"), dict)

    @property
    def transductive(self) -> bool:
        """Whether learners are judged with the statistics of the evaluation batches."""
        return bool(self.setting("recipe", "teacher", "batch_norm") == "batch")


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and value > 0 else None


def _saved_teacher(run: RunDirectory) -> Teacher | None:
    folder = run.path / "teacher"
    # Killed while it saved its teacher, a run is unfinished and no more; a finished one's teacher is whole or damaged.
    whole = (folder / "teacher.json").is_file() and (folder / "teacher.safetensors").is_file()
    if not folder.is_dir() or not (whole or run.finished):
        return None
    try:
        return Teacher.from_pretrained(folder)
    except TeacherError as error:
        raise RunError(str(error)) from error
