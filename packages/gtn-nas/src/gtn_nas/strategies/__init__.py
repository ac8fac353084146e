"""How genotypes are searched, without NNI: genotypes as choices, and neural architecture optimization over them."""

from gtn_nas.strategies._choices import CODINGS, Choices, Coding, Sample, find_coding, genotype_of
from gtn_nas.strategies._nao_optimizer import NAOptimizer

__all__ = ["CODINGS", "Choices", "Coding", "NAOptimizer", "Sample", "find_coding", "genotype_of"]
