"""What a report says in words: what was reached, what was done, and how to do it again."""

import shlex
from collections.abc import Sequence
from statistics import median
from typing import Any

from gtn_core.reporting._comparison import ComparisonRow
from gtn_core.reporting._record import RunRecord


def headline(record: RunRecord, rows: Sequence[ComparisonRow]) -> str:
    """Say in a sentence or two what was reached."""
    found = {row.arm: row for row in rows}
    if record.evaluation is None:
        return _unfinished(record)
    if "teacher" not in found:
        return "This run is finished, but its evaluation holds no result for the teacher."
    teacher, real = found["teacher"], found.get("real_data")
    steps = f"{record.inner_steps} steps" if record.inner_steps else "its inner steps"
    split = record.evaluation.split
    reached = f"a fresh network classifies {_measured(teacher)} of real {split} images correctly"
    first = f"After {steps} on synthetic images, {reached}"
    if real is None:
        return f"{first}."
    return f"{first}; after as many on real images, {_measured(real)}. {_verdict(teacher, real)}"


def _measured(row: ComparisonRow) -> str:
    return f"{row.percent} (95 % interval {row.interval})"


def _verdict(teacher: ComparisonRow, real: ComparisonRow) -> str:
    if teacher.low > real.high:
        return "The teacher is ahead, and the intervals are apart."
    if teacher.high < real.low:
        return "Real data is ahead here, and the intervals are apart."
    return "The intervals overlap, so this run does not tell which is ahead."


def _unfinished(record: RunRecord) -> str:
    done, total = record.outer_steps_done, record.outer_steps
    if total and done >= total:
        progress = f"All {total:,} outer steps are done, but not the evaluation of the result."
    else:
        progress = f"{done:,} of {total:,} outer steps are done." if total else f"{done:,} outer steps are done."
    judged = [step for step in record.meta_training.get("teacher", []) if step.validation_accuracy is not None]
    if not judged:
        return f"{progress} No validation has been made yet."
    last = judged[-1]
    low, high = last.validation_accuracy_low, last.validation_accuracy_high
    interval = f" (95 % interval {100 * low:.1f} to {100 * high:.1f} %)" if low is not None and high is not None else ""
    reached = f"{100 * (last.validation_accuracy or 0.0):.1f} %{interval}"
    return f"{progress} At the last validation, after step {last.step + 1:,}, fresh networks reached {reached}."


def warm_start_words(record: RunRecord) -> str:
    """Say whether there was a warm start."""
    recipe = record.setting("recipe")
    if not isinstance(recipe, dict) or "warm_start" not in recipe:
        return "The configuration does not say whether there was a warm start."
    settings = recipe["warm_start"]
    if not isinstance(settings, dict):
        return "No warm start: meta-training begins with random synthetic images."
    if settings.get("teacher"):
        return f"Warm start: meta-training goes on from the teacher {settings['teacher']}."
    if record.setting("recipe", "teacher", "generator", "kind") == "pixels":
        return f"Warm start: before meta-training, the images are set to real ones{_matched(settings.get('matching'))}."
    fitted = "Warm start: before meta-training, generator and codes are fitted to real images"
    return f"{fitted}{_for_steps(settings)}{_with_rate(settings)}."


def _matched(matching: object) -> str:
    if not isinstance(matching, dict):
        return ""
    return f", and then moved by distribution matching{_for_steps(matching)}{_with_rate(matching)}"


def real_data_words(record: RunRecord) -> str:
    """Say what the real-data arm is."""
    settings = record.setting("recipe", "real_data_arm")
    if not record.real_data_learnt:
        return "Fresh real batches of the same size; its inner optimizer kept the recipe's initial values."
    trained = "Fresh real batches of the same size; its inner optimizer was meta-trained too"
    known = settings if isinstance(settings, dict) else {}
    return f"{trained}{_for_steps(known)}{_with_rate(known)}."


def facts(record: RunRecord) -> list[tuple[str, str]]:
    """Return what was done, as terms and their descriptions."""
    pairs = [
        ("Real data", _data(record)),
        ("Inner loop", _inner_loop(record)),
        ("Learners", _learners(record)),
        ("Outer loop", _outer_loop(record)),
        ("Real-data arm", real_data_words(record)),
        ("Time used", _time(record)),
        ("Seed", _number(record.setting("seed"))),
        ("Computed on", _computed_on(record)),
    ]
    return [(term, words) for term, words in pairs if words]


def _data(record: RunRecord) -> str:
    source = str(record.setting("data") or record.setting("recipe", "data", "source", default="unknown"))
    if record.teacher is None:
        return source
    channels, height, width = record.teacher.image_shape
    kind = {1: "grey", 3: "colour"}.get(channels, f"{channels}-channel")
    return f"{source}: {kind} images of {height} × {width} pixels, {record.teacher.classes:,} classes"


def _inner_loop(record: RunRecord) -> str:
    steps, batch = record.inner_steps, record.setting("recipe", "teacher", "batch")
    if not isinstance(batch, int) or steps is None:
        return ""
    words = [f"{steps:,} steps of {batch:,} synthetic images ({steps * batch:,} in all)"]
    if curriculum := record.setting("recipe", "teacher", "curriculum"):
        soft = record.setting("recipe", "teacher", "soft_labels") is True
        words.append(f"curriculum: {curriculum}{', with learned soft labels' if soft else ''}")
    if kind := record.setting("recipe", "teacher", "inner_optimizer", "kind"):
        words.append(f"inner optimizer: {kind}")
    if mode := record.setting("recipe", "teacher", "batch_norm"):
        words.append(f"batch norm on real data: {str(mode).replace('_', ' ')}")
    return "; ".join(words)


def _learners(record: RunRecord) -> str:
    learners = record.setting("recipe", "learners")
    if not isinstance(learners, list):
        return ""
    named = [learner for learner in learners if isinstance(learner, dict) and "family" in learner]
    if len(named) == 1:
        return str(named[0]["family"])
    return ", ".join(f"{learner['family']} (weight {_number(learner.get('weight', 1))})" for learner in named)


def _outer_loop(record: RunRecord) -> str:
    outer = record.setting("recipe", "outer", default={})
    done, total = record.outer_steps_done, record.outer_steps
    words = [f"{done:,} of {total:,} steps done" if total else f"{done:,} steps done"]
    if isinstance(outer, dict):
        words[0] += _with_rate(outer)
        if batch := outer.get("real_batch"):
            words.append(f"meta-loss on {_number(batch)} real images")
        if every := outer.get("intermediate_every"):
            words.append(f"taken every {_number(every)} inner steps")
    return ", ".join(words)


def _for_steps(settings: dict[str, Any]) -> str:
    steps = settings.get("steps")
    return f" for {_number(steps)} steps" if steps is not None else ""


def _with_rate(settings: dict[str, Any]) -> str:
    rate = settings.get("learning_rate")
    return f" (learning rate {_number(rate)})" if rate is not None else ""


def _time(record: RunRecord) -> str:
    spent = {arm: [line.seconds for line in lines] for arm, lines in record.timings.items()}
    words = []
    if teacher := spent.get("teacher"):
        words.append(f"{duration(sum(teacher))} of meta-training ({median(teacher):.2f} s an outer step)")
    if real := spent.get("real_data"):
        words.append(f"{duration(sum(real))} for the real-data arm")
    return ", ".join(words)


def _computed_on(record: RunRecord) -> str:
    device, threads = record.setting("device"), record.setting("threads")
    words = [str(device)] if device else []
    if threads:
        words.append(f"{_number(threads)} thread{'' if threads == 1 else 's'}")
    return ", ".join(words)


def duration(seconds: float) -> str:
    """Return a time span for people.

    Example:
        >>> duration(3.21), duration(83), duration(7500)
        ('3.2 s', '1 min 23 s', '2 h 05 min')
    """
    if round(seconds, 1) < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02} min"


def again_command(record: RunRecord) -> str:
    """Return the command that makes the run again, in a folder of its own."""
    return _command(record, "--run-dir", f"runs/{record.path.resolve().name}-again")


def resume_command(record: RunRecord) -> str:
    """Return the command that goes on with the run."""
    return _command(record, "--run-dir", str(record.path), "--resume")


def _command(record: RunRecord, *last: str) -> str:
    words = ["gtn", "train", str(record.path / "config.yaml")]
    words += [word for key in ("data", "seed", "device", "threads") for word in _option(key, record.setting(key))]
    return shlex.join([*words, *last])


def _option(key: str, value: Any) -> list[str]:
    return [] if value is None else [f"--{key}", str(value)]


def _number(value: Any) -> str:
    """Integers with separators; anything else as it is."""
    return f"{value:,}" if isinstance(value, int) else "" if value is None else str(value)
