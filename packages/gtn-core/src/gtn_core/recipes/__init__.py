"""Recipes: everything that decides a meta-training, as YAML; and the work of following one."""

from gtn_core.recipes._load import apply_overrides, load_recipe, recipe_names, with_overrides
from gtn_core.recipes._recipe import Recipe
from gtn_core.recipes._train import Training
from gtn_core.recipes._tune import LEARNING_RATES, MOMENTA, Tuning, tune

__all__ = [
    "LEARNING_RATES",
    "MOMENTA",
    "Recipe",
    "Training",
    "Tuning",
    "apply_overrides",
    "load_recipe",
    "recipe_names",
    "tune",
    "with_overrides",
]
