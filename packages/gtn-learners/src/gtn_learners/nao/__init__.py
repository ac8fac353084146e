"""The NAO search space, in which the paper searches: genotypes of two cells, and networks stacked of them."""

from gtn_learners.nao._genotype import OPERATIONS, Genotype, mutate, random_genotype
from gtn_learners.nao._network import Network, build_network

__all__ = ["OPERATIONS", "Genotype", "Network", "build_network", "mutate", "random_genotype"]
