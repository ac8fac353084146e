"""The recipe of an environment: what is known to work for it, else the usual settings; and overrides of either."""

from collections.abc import Iterable

from gtn_core.recipes import RecipeFiles
from gtn_rl.environments._settings import EnvironmentRecipe

RECIPES = RecipeFiles(EnvironmentRecipe, "gtn_rl.environments", "recipes")


def environment_recipe_for(env_id: str, overrides: Iterable[str] = ()) -> EnvironmentRecipe:
    """Return the settings to meta-train a generated environment with.

    Args:
        env_id: the real one; the recipe of this name is taken where there is one.
        overrides: `KEY=VALUE` texts; keys are dotted, values are YAML.

    Raises:
        ConfigurationError: an unknown key (names the nearest), or a value that is not allowed.

    Example:
        >>> environment_recipe_for("CartPole-v1", ["outer.steps=5"]).outer.steps
        5
    """
    name = env_id.replace("/", "-")
    known = RECIPES.load(name) if name in RECIPES.names else EnvironmentRecipe()
    return RECIPES.with_overrides(known, overrides)
