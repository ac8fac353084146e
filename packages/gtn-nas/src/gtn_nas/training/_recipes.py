"""The recipes of every search space."""

from typing import Any

from gtn_core.errors import UnknownNameError
from gtn_core.recipes import RecipeFiles
from gtn_nas.training._nao import NAORecipe
from gtn_nas.training._nb201 import NB201Recipe

RECIPES: dict[str, RecipeFiles[Any]] = {
    name: RecipeFiles(kind, "gtn_nas", f"recipes/{name}", example="epochs=10")
    for name, kind in (("nao", NAORecipe), ("nb201", NB201Recipe))
}


def recipes_of(space: str) -> RecipeFiles[Any]:
    """Return the recipes of the search space of that name.

    Raises:
        UnknownNameError: there is no such space.

    Example:
        >>> recipes_of("nao").names
        ['final', 'search']
        >>> recipes_of("nao").load("final").filters
        36
    """
    if space not in RECIPES:
        raise UnknownNameError("search space", space, RECIPES)
    return RECIPES[space]
