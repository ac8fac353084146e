"""The recipe of an environment: what is known to work for it, else the usual settings; and overrides of either."""

from collections.abc import Iterable

from gtn_core.recipes import RecipeFiles
from gtn_rl.demonstrations._settings import DemonstrationsRecipe

RECIPES = RecipeFiles(DemonstrationsRecipe, "gtn_rl.demonstrations", "recipes")


def recipe_for(env_id: str, overrides: Iterable[str] = ()) -> DemonstrationsRecipe:
    """Return the settings to meta-train demonstrations of an environment with.

    Args:
        env_id: the recipe of this name is taken where there is one.
        overrides: `KEY=VALUE` texts; keys are dotted, values are YAML.

    Raises:
        ConfigurationError: an unknown key (names the nearest), or a value that is not allowed.

    Example:
        >>> recipe_for("CartPole-v1", ["outer.steps=5"]).outer.steps
        5
    """
    name = env_id.replace("/", "-")
    known = RECIPES.load(name) if name in RECIPES.names else DemonstrationsRecipe()
    return RECIPES.with_overrides(known, overrides)
