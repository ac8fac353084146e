"""`gtn teach`."""

from typing import Annotated

import typer

from gtn_core.cli import _options
from gtn_core.cli._output import accuracy_row, print_json, print_table, shown_progress
from gtn_core.errors import ConfigurationError
from gtn_core.evaluation import LearnerSource, few_step_accuracy
from gtn_core.teacher import Teacher

NAME = "teach"
HELP = """Teach fresh networks and print their few-step test accuracy on real data.

Without options this repeats the measurement that is recorded with the teacher.

Example: gtn teach runs/digits/teacher --count 5"""

USUAL_COUNT = 20


def command(
    teacher: _options.TeacherArgument,
    learners: Annotated[
        str | None, typer.Option("--learners", metavar="FAMILY", help="Learner family; the teacher's own unless given.")
    ] = None,
    count: Annotated[int | None, typer.Option("--count", min=1, max=100_000, help="Fresh learners to teach.")] = None,
    data: _options.DataOption = None,
    seed: Annotated[
        int | None, typer.Option("--seed", min=0, max=_options.LARGEST_SEED, help="Of the learners.")
    ] = None,
    device: _options.DeviceOption = "cpu",
    threads: _options.ThreadsOption = None,
    json: _options.JsonOption = False,
) -> None:
    """Teach fresh networks."""
    _options.set_threads(threads)
    place = _options.checked_device(device)
    loaded = Teacher.from_pretrained(teacher).to(place)
    recorded = loaded.card.few_step_accuracy
    count = count or (recorded.count if recorded else USUAL_COUNT)
    seed = seed if seed is not None else (recorded.seed if recorded else 0)
    source = loaded.card.data.source if data is None else data
    if source is None:
        raise ConfigurationError(f"teacher {teacher} does not say which real data it is for; name them with --data")
    families = _families(loaded, learners)
    real = loaded.card.data.load(source, place, loaded.normalization)
    with shown_progress(json) as progress:
        progress.start("teaching", count)
        found = few_step_accuracy(
            loaded, families, real, count, seed, on_learner=lambda accuracy: progress.advance(accuracy=accuracy)
        )
    if json:
        print_json({**vars(found), "recorded": recorded.model_dump() if recorded else None})
        return
    rows = [accuracy_row("now", vars(found))]
    if recorded:
        rows.append(accuracy_row("as recorded", recorded.model_dump()))
    title = f"Few-step test accuracy of {count} fresh learners after {loaded.steps} steps"
    print_table(title, ["", "mean", "95 % interval"], rows)


def _families(teacher: Teacher, name: str | None) -> LearnerSource:
    if name is not None:
        return name
    if not teacher.card.learners:
        raise ConfigurationError("this teacher does not say which learners it is for; name a family with --learners")
    return [learner.resolve() for learner in teacher.card.learners]
