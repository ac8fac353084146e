"""Recipes: everything that decides a meta-training, as YAML; and the work of following one.

Recipes of other packages are made of the same: `Specification`, `RecipeFiles`, and the ranges that numbers have.
"""

from gtn_core._specification import Decay, Fraction, Positive, Size, Specification
from gtn_core.recipes._files import RecipeFiles
from gtn_core.recipes._load import load_recipe, recipe_names, with_overrides
from gtn_core.recipes._recipe import DataSpecification, Recipe
from gtn_core.recipes._train import Training
from gtn_core.recipes._tune import LEARNING_RATES, MOMENTA, Tuning, tune

__all__ = [
    "LEARNING_RATES",
    "MOMENTA",
    "DataSpecification",
    "Decay",
    "Fraction",
    "Positive",
    "Recipe",
    "RecipeFiles",
    "Size",
    "Specification",
    "Training",
    "Tuning",
    "load_recipe",
    "recipe_names",
    "tune",
    "with_overrides",
]
