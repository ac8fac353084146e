"""Training of a genotype's network on real data, as papers report it: recipes, the loop, and what it leaves behind."""

from gtn_nas.training._model import read_network
from gtn_nas.training._recipe import TrainingRecipe
from gtn_nas.training._recipes import recipes_of
from gtn_nas.training._run import NetworkTraining, TrainingRun

__all__ = ["NetworkTraining", "TrainingRecipe", "TrainingRun", "read_network", "recipes_of"]
