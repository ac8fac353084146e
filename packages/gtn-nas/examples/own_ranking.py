"""Rank cells in Python: what a dozen random ones learn from the digits teacher, best first.

Run: python own_ranking.py (seconds on a CPU).
"""

from gtn_core import RealData, Teacher
from gtn_nas import GTNEvaluation, NB201Space

if __name__ == "__main__":
    space = NB201Space(channels=2, cells=1)
    evaluate = GTNEvaluation(Teacher.from_pretrained("digits"), RealData.load("digits"), space, seeds=1)
    scores = {genotype: evaluate(genotype).score for genotype in map(space.sample, range(6))}
    for genotype in sorted(scores, key=scores.__getitem__, reverse=True):
        print(f"{scores[genotype]:.3f}  {genotype}")
