"""Is weight normalisation what makes meta-training stable? A hyper-parameter search for each arm (paper, figure 2).

The twenty trials of a search are the replicates: an arm is stable where most settings that a search tries do well.
Searched: outer learning rate and first beta of Adam, inner learning rate and momentum at the start; by Optuna's
tree-structured Parzen estimator on the final meta-loss.
"""

from collections.abc import Sequence
from itertools import combinations
from math import isfinite
from statistics import median
from typing import TYPE_CHECKING

from gtn_core.errors import ConfigurationError
from gtn_core.recipes import Recipe
from gtn_core.studies._arm import Outcome, StudyArm
from gtn_core.studies._result import Group, GroupChart, Table
from gtn_core.studies._statistics import TEST, Difference, difference
from gtn_core.studies._study import Findings, Study
from gtn_core.studies._variants import changed
from gtn_core.studies._workshop import Workshop

if TYPE_CHECKING:
    from optuna import Trial

TRIALS = 20
STARTING_TRIALS = 8
"""Drawn at random before the search leans on what it has seen."""
DIVERGED_LOSS = 10.0
"""What the search is told of a trial that diverged."""
PAIRS = 2
"""Antithetic pairs of the mix: as few as its variances allow, since each costs two meta-gradients."""


class WeightNormStudy(Study):
    """With weight normalisation, without, and without it but with evolution strategies mixed in."""

    name = "weight-norm"
    question = "Does weight normalisation make meta-training robust to its hyper-parameters?"
    paper = "section 3.1, figure 2"

    def arms(self, recipe: Recipe) -> list[StudyArm]:
        """Return the arms; generator and learners have weight normalisation, or both have not."""
        learners = [{**learner.model_dump(mode="json"), "weight_norm": False} for learner in recipe.learners]
        generator = {**recipe.teacher.generator.model_dump(mode="json"), "weight_norm": False}
        without = changed(recipe, teacher={"generator": generator}, learners=learners)
        mix = {"kind": "inverse_variance_mix", "pairs": PAIRS}
        return [
            StudyArm("with", "with weight norm", recipe),
            StudyArm("without", "without", without),
            StudyArm("mix", "without, mixed with evolution strategies", changed(without, outer={"estimator": mix})),
        ]

    def conduct(self, arms: Sequence[StudyArm], workshop: Workshop) -> Findings:
        """Do what is not done yet, and say what came out."""
        try:
            import optuna
        except ImportError as error:
            raise ConfigurationError('this study searches with Optuna: pip install "gtn-core[studies]"') from error
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        samplers = [optuna.samplers.TPESampler(seed=0, n_startup_trials=STARTING_TRIALS) for _ in arms]
        searches = [optuna.create_study(sampler=sampler) for sampler in samplers]
        found: list[list[Outcome]] = [[] for _ in arms]
        for number in range(TRIALS):
            # An arm at a time would be simpler; one trial of each lets them run side by side.
            trials = [search.ask() for search in searches]
            tried = [_tried(arm, trial) for arm, trial in zip(arms, trials, strict=True)]
            outcomes = workshop.follow([workshop.run_of(arm, number) for arm in tried])
            for search, trial, outcome, all_of_arm in zip(searches, trials, outcomes, found, strict=True):
                search.tell(trial, _loss(outcome) or DIVERGED_LOSS)
                all_of_arm.append(outcome)
        return _findings({arm.label: outcomes for arm, outcomes in zip(arms, found, strict=True)})


def _tried(arm: StudyArm, trial: "Trial") -> StudyArm:
    inner = {
        **arm.recipe.teacher.inner_optimizer.model_dump(mode="json"),
        "learning_rate": trial.suggest_float("inner learning rate", 1e-3, 1.0, log=True),
        "momentum": trial.suggest_float("inner momentum", 0.0, 0.99),
    }
    outer = {
        "learning_rate": trial.suggest_float("outer learning rate", 1e-4, 1e-1, log=True),
        "betas": [trial.suggest_float("outer beta", 0.5, 0.99), arm.recipe.outer.betas[1]],
    }
    return StudyArm(arm.name, arm.label, changed(arm.recipe, teacher={"inner_optimizer": inner}, outer=outer))


def _loss(outcome: Outcome) -> float | None:
    loss = outcome.meta_loss
    return loss if loss is not None and isfinite(loss) and loss < DIVERGED_LOSS else None


def _findings(found: dict[str, list[Outcome]]) -> Findings:
    losses = {label: [_loss(outcome) for outcome in runs] for label, runs in found.items()}
    ended = {label: [loss for loss in values if loss is not None] for label, values in losses.items()}
    told = {label: [loss or DIVERGED_LOSS for loss in values] for label, values in losses.items()}
    differences = {(one, other): difference(told[one], told[other]) for one, other in combinations(told, 2)}
    chart = GroupChart(
        kind="boxes",
        name="final-meta-loss",
        label="final meta-loss (cross-entropy, log scale)",
        caption=f"Box: median and quartiles of the {TRIALS} trials of a search; whiskers to 1.5 times the box.",
        groups=tuple(
            Group(name=label, values=tuple(values), missing=len(found[label]) - len(values))
            for label, values in ended.items()
        ),
        logarithmic=True,
    )
    rows = tuple(
        (
            label,
            f"{median(told[label]):.3f}",
            f"{min(told[label]):.3f}",
            f"{len(runs) - len(ended[label])} of {len(runs)}",
        )
        for label, runs in found.items()
    )
    columns = ("arm", "median final meta-loss", "best", "diverged")
    title = f"Final meta-loss of every trial, {DIVERGED_LOSS:g} where it diverged"
    raw: dict[str, object] = {
        "trials": [_content(outcome) for runs in found.values() for outcome in runs],
        "test": TEST,
        "differences": [apart.content(*pair) for pair, apart in differences.items()],
    }
    sentences = tuple(_sentence(*pair, apart) for pair, apart in differences.items())
    return Findings((Table(title=title, columns=columns, rows=rows),), (chart,), sentences, raw)


def _sentence(one: str, other: str, apart: Difference) -> str:
    assert apart.low is not None  # a search has trials enough for an interval
    assert apart.high is not None
    return (
        f"{one} over {other}: mean final meta-loss {apart.mean:+.2f} [{apart.low:+.2f}, {apart.high:+.2f}], "
        f"p = {apart.p_value:.2g} ({TEST}); {apart.verdict}."
    )


def _content(outcome: Outcome) -> dict[str, object]:
    recipe = outcome.run.arm.recipe
    return {
        **outcome.content(),
        "inner_optimizer": recipe.teacher.inner_optimizer.model_dump(mode="json"),
        "outer_learning_rate": recipe.outer.learning_rate,
        "outer_betas": recipe.outer.betas,
    }
