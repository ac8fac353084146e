"""What `gtn-rl train` can make, one entry a kind."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, Protocol

from pydantic import BaseModel

from gtn_core.errors import UnknownNameError
from gtn_core.evaluation import bootstrap_interval
from gtn_core.runs import Progress, RunDirectory
from gtn_rl.demonstrations import DemonstrationsTraining, recipe_for
from gtn_rl.environments import EnvironmentTraining, environment_recipe_for


class Training(Protocol):
    """A recipe with all that it needs at hand."""

    def run(self, run: RunDirectory) -> dict[str, Any]:
        """Follow it, and return the content of `evaluation.json`."""
        ...


class RecipeFunction(Protocol):
    """Finds the settings for an environment."""

    def __call__(self, env_id: str, overrides: Iterable[str]) -> BaseModel:
        """Return them with `KEY=VALUE` texts applied."""
        ...


class TrainingFunction(Protocol):
    """Makes ready to train."""

    def __call__(self, env_id: str, recipe: Any, *, seed: int, device: str, progress: Progress) -> Training:
        """Return what follows the recipe."""
        ...


class Table(NamedTuple):
    """A result for people."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]


class TableFunction(Protocol):
    """Shows a result."""

    def __call__(self, result: dict[str, Any]) -> Table:
        """Return the table of an `evaluation.json`."""
        ...


class Kind(NamedTuple):
    """All that the command needs to know of a kind of artefact."""

    recipe_for: RecipeFunction
    training: TrainingFunction
    table: TableFunction


def demonstrations_table(result: dict[str, Any]) -> Table:
    """Return what fresh policies reach, a row a family."""
    rows = [
        [
            name.replace("_", " "),
            f"{found['mean']:.1f}",
            f"{found['low']:.1f} to {found['high']:.1f}",
            f"{found['worst_tenth']:.1f}",
            f"{found['untaught_mean']:.1f}",
        ]
        for name, found in result["results"].items()
    ]
    title = f"Returns in {result['env_id']} of fresh policies taught by the demonstrations"
    return Table(title, ["policies", "mean", "95 % interval", "worst tenth", "untaught"], rows)


def environment_table(result: dict[str, Any]) -> Table:
    """Return what fresh agents of the recipe's own kind reach."""
    returns = sorted(result["returns"])
    found = bootstrap_interval(returns)
    row = ["fresh agents", f"{found.mean:.1f}", f"{found.low:.1f} to {found.high:.1f}", f"{returns[0]:.1f}"]
    title = f"Returns in {result['env_id']} of agents that the generated environment trained"
    return Table(title, ["", "mean", "95 % interval", "worst"], [row])


KINDS = {
    "demonstrations": Kind(recipe_for, DemonstrationsTraining, demonstrations_table),
    "environment": Kind(environment_recipe_for, EnvironmentTraining, environment_table),
}


def find_kind(name: str) -> Kind:
    """Return a kind of artefact.

    Raises:
        UnknownNameError: there is none of that name.
    """
    if name not in KINDS:
        raise UnknownNameError("kind", name, KINDS)
    return KINDS[name]
