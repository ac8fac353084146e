"""Studies that compare meta-trained arms: accuracy at the end, over outer steps and over inner steps."""

from collections.abc import Sequence
from itertools import combinations, pairwise
from statistics import mean

from gtn_core.evaluation import bootstrap_interval
from gtn_core.studies._arm import Outcome, StudyArm
from gtn_core.studies._result import Group, GroupChart, Line, LineChart, Table
from gtn_core.studies._statistics import TEST, Difference, difference
from gtn_core.studies._study import Findings, Study
from gtn_core.studies._workshop import Workshop

INTERVALS = "Bands: 95 % bootstrap intervals of the mean over seeds."


class ComparisonStudy(Study):
    """Trains every arm with every seed, and compares each two."""

    def conduct(self, arms: Sequence[StudyArm], workshop: Workshop) -> Findings:
        """Do what is not done yet, and say what came out."""
        outcomes = dict(zip([arm.label for arm in arms], workshop.train(arms), strict=True))
        differences = _differences(outcomes)
        return Findings(
            tables=(_accuracy_table(outcomes), _difference_table(differences)),
            charts=(_accuracy_chart(outcomes), _outer_chart(outcomes), _inner_chart(outcomes)),
            sentences=_ranking(outcomes),
            raw={
                "runs": [outcome.content() for runs in outcomes.values() for outcome in runs],
                "test": TEST,
                "differences": [found.content(*pair) for pair, found in differences.items()],
            },
        )


def percent_interval(values: Sequence[float]) -> str:
    """Return mean and interval over seeds as tables show them."""
    found = bootstrap_interval(values)
    if len(values) == 1:
        return f"{100 * found.mean:.1f}"
    return f"{100 * found.mean:.1f} [{100 * found.low:.1f}, {100 * found.high:.1f}]"


def line_over(name: str, x: Sequence[float], rows: Sequence[Sequence[float]]) -> Line:
    """Return the line of an arm in per cent, from one row of values over x for each seed."""
    points = [bootstrap_interval(values) for values in zip(*rows, strict=True)]
    return Line(
        name=name,
        x=tuple(x),
        mean=tuple(100 * point.mean for point in points),
        low=tuple(100 * point.low for point in points),
        high=tuple(100 * point.high for point in points),
    )


def _accuracies(outcomes: Sequence[Outcome]) -> list[float]:
    return [outcome.accuracy for outcome in outcomes if outcome.accuracy is not None]


def _accuracy_table(outcomes: dict[str, list[Outcome]]) -> Table:
    rows = []
    for label, runs in outcomes.items():
        found = _accuracies(runs)
        losses = [run.meta_loss for run in runs if run.meta_loss is not None]
        rows.append(
            (
                label,
                percent_interval(found) if found else "",
                f"{mean(losses):.3f}" if losses else "",
                f"{len(found)} of {len(runs)}",
            )
        )
    columns = ("arm", "test accuracy, % [95 % interval]", "final meta-loss", "runs that did not diverge")
    return Table(title="Few-step test accuracy", columns=columns, rows=tuple(rows))


def _differences(outcomes: dict[str, list[Outcome]]) -> dict[tuple[str, str], Difference]:
    found = {}
    for one, other in combinations(outcomes, 2):
        first, second = _accuracies(outcomes[one]), _accuracies(outcomes[other])
        if first and second:
            found[one, other] = difference(first, second)
    return found


def _difference_table(differences: dict[tuple[str, str], Difference]) -> Table:
    rows = []
    for (one, other), found in differences.items():
        p_value = "" if found.p_value is None else f"{found.p_value:.3g}"
        real = "yes" if found.real else "no"
        rows.append((f"{one} over {other}", f"{100 * found.mean:+.1f}", _interval(found), p_value, real))
    columns = ("difference", "points", "95 % interval", f"p ({TEST})", "interval excludes zero")
    return Table(title="Differences of test accuracy", columns=columns, rows=tuple(rows))


def _interval(found: Difference) -> str:
    if found.low is None or found.high is None:
        return "none of one seed"
    return f"[{100 * found.low:+.1f}, {100 * found.high:+.1f}]"


def _ranking(outcomes: dict[str, list[Outcome]]) -> tuple[str, ...]:
    """Say of every two neighbours, best first, how far they are apart."""
    found = {label: _accuracies(runs) for label, runs in outcomes.items() if _accuracies(runs)}
    ranked = sorted(found, key=lambda label: -mean(found[label]))
    sentences = []
    for one, other in pairwise(ranked):
        apart = difference(found[one], found[other])
        sentences.append(f"{one} over {other}: {100 * apart.mean:+.1f} points {_interval(apart)}, {apart.verdict}.")
    return tuple(sentences)


def _accuracy_chart(outcomes: dict[str, list[Outcome]]) -> GroupChart:
    groups = [
        Group(
            name=label,
            values=tuple(100 * accuracy for accuracy in _accuracies(runs)),
            missing=len(runs) - len(_accuracies(runs)),
        )
        for label, runs in outcomes.items()
    ]
    return GroupChart(
        kind="dots",
        name="accuracy",
        label="few-step test accuracy, %",
        caption="Pale marks: a seed each, the mean of its learners. Bar with a tick: mean and interval over seeds.",
        groups=tuple(groups),
    )


def _outer_chart(outcomes: dict[str, list[Outcome]]) -> LineChart:
    lines = []
    for label, runs in outcomes.items():
        whole = [run.validation for run in runs if run.accuracies is not None and run.validation]
        if whole:
            steps = [float(step) for step, _ in whole[0]]
            lines.append(line_over(label, steps, [[value for _, value in validation] for validation in whole]))
    return LineChart(
        name="outer-steps",
        x_label="outer steps done",
        y_label="few-step validation accuracy, %",
        caption=f"Meta-training: fresh learners judged on the validation split. {INTERVALS}",
        lines=tuple(lines),
    )


def _inner_chart(outcomes: dict[str, list[Outcome]]) -> LineChart:
    lines = []
    for label, runs in outcomes.items():
        curves = [run.curve for run in runs if run.curve]
        if curves:
            lines.append(line_over(label, list(range(len(curves[0]))), curves))
    return LineChart(
        name="inner-steps",
        x_label="inner step",
        y_label="test accuracy, %",
        caption=f"Teaching: fresh learners after each inner step, at the end of meta-training. {INTERVALS}",
        lines=tuple(lines),
    )
