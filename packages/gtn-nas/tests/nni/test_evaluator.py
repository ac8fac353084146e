import sys
from math import inf, isfinite

import pytest
from nni.nas.strategy import Random

from gtn_core import RealData, Teacher
from gtn_core.errors import ConfigurationError
from gtn_nas import GTNEvaluation, NB201Space, Score
from gtn_nas.nni import LOWEST, GTNEvaluator
from gtn_nas.nni._evaluator import metric_of
from gtn_nas.strategies import genotype_of


def test_a_teacher_scores_what_nni_chooses(new_experiment):
    space = NB201Space(channels=2, cells=1)
    evaluation = GTNEvaluation(
        Teacher.from_pretrained("digits"), RealData.load("digits"), space, seeds=1, steps=2, images=50
    )
    experiment = new_experiment(evaluation, Random(seed=0), trials=3)
    experiment.run()
    experiment.stop()
    best, *others = experiment.export_top_models(3, formatter=None)
    assert best.metric == evaluation(genotype_of(best.sample)).score
    assert all(other.metric <= best.metric for other in others)


def test_a_diverged_genotype_is_the_lowest_finite_number_to_nni(new_experiment):
    def evaluation(genotype: object) -> Score:
        return Score.of([-inf if str(genotype).startswith("|none") else 0.5], seconds=0.0)

    experiment = new_experiment(evaluation, Random(seed=1), trials=12)
    experiment.run()
    experiment.stop()
    metrics = [model.metric for model in experiment.strategy.list_models()]
    assert set(metrics) == {0.5, LOWEST}
    assert metrics == sorted(metrics, reverse=True)
    assert all(map(isfinite, metrics))


def test_metrics_are_never_below_the_lowest_float():
    assert [metric_of(score) for score in (-inf, float("nan"), -1.5)] == [-sys.float_info.max] * 2 + [-1.5]


def test_a_sample_of_another_model_space_is_refused():
    class Model:
        sample = {"layer_1": "conv"}  # noqa: RUF012

    with pytest.raises(ConfigurationError, match="not the places of a search space"):
        GTNEvaluator(lambda genotype: Score.of([1.0], seconds=0.0)).evaluate(Model())
