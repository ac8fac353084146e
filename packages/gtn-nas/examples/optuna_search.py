"""Search with Optuna: GTN evaluation is a plain callable, so any optimizer that can call a function can use it.

Run: python optuna_search.py (seconds on a CPU; needs `pip install optuna`). It prints the best of twelve trials.

Six categorical parameters, the operations of a cell's edges, and the score to maximise. A diverged genotype scores
-inf, which Optuna ranks below all others. In a Ray Tune trainable the same evaluation is made in the worker.
"""

import optuna

from gtn_core import RealData, Teacher
from gtn_learners import nb201
from gtn_nas import GTNEvaluation, NB201Space

if __name__ == "__main__":
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    space = NB201Space(channels=2, cells=1)
    evaluate = GTNEvaluation(Teacher.from_pretrained("digits"), RealData.load("digits"), space, seeds=1, steps=5)

    def genotype_of(trial):
        edges = [f"{source}-{target}" for source, target in nb201.EDGES]
        return nb201.Genotype(tuple(trial.suggest_categorical(edge, nb201.OPERATIONS) for edge in edges))

    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=0))
    study.optimize(lambda trial: evaluate(genotype_of(trial)).score, n_trials=12)
    print(f"{study.best_value:.3f}  {genotype_of(study.best_trial)}")
