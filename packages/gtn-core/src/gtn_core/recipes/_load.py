"""The recipes for meta-training, by name or from a file."""

from collections.abc import Iterable
from pathlib import Path

from gtn_core.recipes._files import RecipeFiles
from gtn_core.recipes._recipe import Recipe

RECIPES = RecipeFiles(Recipe, __package__)


def recipe_names() -> list[str]:
    """Return the names of the recipes that come with gtn-core."""
    return RECIPES.names


def load_recipe(name: str | Path) -> Recipe:
    """Return a recipe.

    Args:
        name: one of `recipe_names()`, or a YAML file: a recipe, or the `config.yaml` of a run.

    Raises:
        ConfigurationError: no such recipe, or one that cannot be followed.

    Example:
        >>> load_recipe("digits").teacher.batch
        32
    """
    return RECIPES.load(name)


def with_overrides(recipe: Recipe, overrides: Iterable[str]) -> Recipe:
    """Return the recipe with `KEY=VALUE` texts applied; keys are dotted, values are YAML.

    Raises:
        ConfigurationError: a text without `=`, an unknown key (names the nearest), or a value that is not allowed.

    Example:
        >>> with_overrides(load_recipe("digits"), ["outer.steps=5"]).outer.steps
        5
    """
    return RECIPES.with_overrides(recipe, overrides)
