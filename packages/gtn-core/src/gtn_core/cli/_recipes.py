"""`gtn recipes`."""

from gtn_core.cli._options import JsonOption
from gtn_core.cli._output import print_json, print_table
from gtn_core.recipes import load_recipe, recipe_names

NAME = "recipes"
HELP = "List the recipes: what each costs and reaches.\n\nExample: gtn recipes"


def command(json: JsonOption = False) -> None:
    """List the recipes."""
    recipes = [load_recipe(name) for name in recipe_names()]
    if json:
        print_json({recipe.name: recipe.model_dump(mode="json") for recipe in recipes})
        return
    rows = [[recipe.name, recipe.description, recipe.cost, recipe.reaches] for recipe in recipes]
    print_table("Recipes for gtn train", ["recipe", "what", "costs", "reaches"], rows)
