"""Recipes: everything that decides a meta-training, as YAML; and the work of following one."""

from gtn_core.recipes._load import load_recipe, recipe_names, with_overrides
from gtn_core.recipes._recipe import Recipe
from gtn_core.recipes._train import train
from gtn_core.recipes._tune import Tuning, tune

__all__ = ["Recipe", "Tuning", "load_recipe", "recipe_names", "train", "tune", "with_overrides"]
