"""Does a generator that teaches with any codes go on teaching? (paper, appendix G)."""

from collections.abc import Sequence

from gtn_core.curricula import NoCurriculum
from gtn_core.errors import ConfigurationError
from gtn_core.evaluation import RealDataArm, accuracy_curve
from gtn_core.recipes import Recipe
from gtn_core.studies._arm import ArmRun, Outcome, StudyArm
from gtn_core.studies._comparison import INTERVALS, line_over, percent_interval
from gtn_core.studies._result import Line, LineChart, Table
from gtn_core.studies._study import Findings, Study
from gtn_core.studies._variants import changed, with_real_data
from gtn_core.studies._workshop import Workshop
from gtn_core.teacher import Teacher

STEPS = 16
LONGER = 4
"""How many times the steps of meta-training a learner is taught."""
BATCHES = (1, 2, 4)
"""How many times the batch of meta-training."""


class EndlessDataStudy(Study):
    """A teacher without a curriculum, meta-trained for 16 steps, used for 64 and with larger batches."""

    name = "endless-data"
    question = "Do learners go on learning from a generator beyond the steps and the batch it was meta-trained for?"
    paper = "appendix G"

    def arms(self, recipe: Recipe) -> list[StudyArm]:
        """Return the teacher and real data, both of 16 steps."""
        short = changed(recipe, teacher={"steps": STEPS, "curriculum": "none"}, warm_start=None)
        return [
            StudyArm("teacher", "generator, fresh codes", short),
            StudyArm("real-data", "real data", with_real_data(short), "real_data"),
        ]

    def conduct(self, arms: Sequence[StudyArm], workshop: Workshop) -> Findings:
        """Do what is not done yet, and say what came out."""
        outcomes = workshop.train(arms)
        workshop.progress.start("longer and larger", len(arms) * workshop.seeds * len(BATCHES))
        lines, rows, raw = list[Line](), list[tuple[str, ...]](), dict[str, list[list[float]]]()
        for arm, runs in zip(arms, outcomes, strict=True):
            for times in BATCHES:
                curves = [_curve(run, times, workshop) for run in runs if run.accuracies is not None]
                label = f"{arm.label}, {times * arm.recipe.teacher.batch} images a step"
                raw[label] = curves
                if curves:
                    lines.append(line_over(label, list(range(len(curves[0]))), curves))
                    after = [percent_interval([curve[step] for curve in curves]) for step in _shown(curves[0])]
                    rows.append((label, *after))
        chart = LineChart(
            name="beyond",
            x_label="inner step",
            y_label="test accuracy, %",
            caption=f"Meta-trained for {STEPS} steps; beyond, the last learning rate and momentum hold. {INTERVALS}",
            lines=tuple(lines),
        )
        columns = ("arm", *(f"after {step} steps" for step in _shown(range(STEPS * LONGER + 1))))
        table = Table(title="Test accuracy, % [95 % interval over seeds]", columns=columns, rows=tuple(rows))
        sentences = [_sentence(label, curves) for label, curves in raw.items() if curves]
        return Findings((table,), (chart,), tuple(sentences), {"curves": raw})


def _shown(steps: Sequence[object]) -> list[int]:
    return [STEPS * times for times in (1, 2, LONGER) if STEPS * times < len(steps)]


def _sentence(label: str, curves: list[list[float]]) -> str:
    gains = [100 * (curve[-1] - curve[STEPS]) for curve in curves]
    return f"{label}: {sum(gains) / len(gains):+.1f} points from step {STEPS} to step {len(curves[0]) - 1}."


def _curve(outcome: Outcome, times: int, workshop: Workshop) -> list[float]:
    """Mean accuracy of fresh learners after each of 64 steps of larger batches."""
    run = outcome.run
    recipe = run.arm.resolved()

    def measure() -> list[float]:
        data = recipe.data.load(workshop.data or recipe.data.source, workshop.device)
        arm = _with_batch(run, times * recipe.teacher.batch)
        families = [learner.resolve() for learner in recipe.learners]
        found = accuracy_curve(arm, families, data, recipe.evaluation.curve_learners, steps=STEPS * LONGER)
        return [point.mean for point in found]

    curve = workshop.measured(f"{run.digest}-{times}", measure)
    workshop.progress.advance()
    return list(curve)


def _with_batch(run: ArmRun, size: int) -> Teacher | RealDataArm:
    if run.arm.source == "real_data":
        arm = run.real_data()
        arm.batch_size = min(size, len(arm.split))
        return arm
    teacher = run.teacher()
    if not isinstance(teacher.curriculum, NoCurriculum):
        raise ConfigurationError("only a teacher without a curriculum goes on without an end")
    teacher.curriculum.batch = size
    return teacher
