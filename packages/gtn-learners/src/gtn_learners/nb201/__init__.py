"""The search space of NAS-Bench-201: genotypes of one cell, and networks built of it."""

from gtn_learners.nb201._genotype import EDGES, OPERATIONS, Genotype, all_genotypes, mutate, random_genotype
from gtn_learners.nb201._network import build_network

__all__ = ["EDGES", "OPERATIONS", "Genotype", "all_genotypes", "build_network", "mutate", "random_genotype"]
