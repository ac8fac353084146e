import pytest

from gtn_core.errors import ConfigurationError
from gtn_nas import GTNEvaluation, NAOSpace, NB201Space
from gtn_nas.evaluation import CostEvaluation, EvaluationSettings


def test_settings_build_the_evaluation_that_they_describe():
    options = {"seeds": 2, "steps": 4, "score": None}
    settings = EvaluationSettings("digits", "nb201", seed=5, size={"channels": 3, "filters": None}, options=options)
    evaluation = settings.build()
    assert isinstance(evaluation, GTNEvaluation)
    assert evaluation.space == NB201Space(channels=3, cells=1)
    assert (evaluation.seeds, evaluation.steps, evaluation.seed) == (2, 4, 5)


def test_sizes_have_the_space_s_defaults_and_a_foreign_one_is_refused():
    assert EvaluationSettings("digits", "nao", size={"filters": 6}).networks() == NAOSpace(filters=6)
    assert EvaluationSettings("digits", "nao").networks() == NAOSpace()
    with pytest.raises(
        ConfigurationError, match="channels is no size of the search space nao; it has cells and filters"
    ):
        EvaluationSettings("digits", "nao", size={"channels": 6}).networks()


def test_the_data_are_the_teacher_s_unless_others_are_named():
    assert EvaluationSettings("digits", "nao").resolved().data == "digits"
    assert EvaluationSettings("digits", "nao", data="other").resolved().data == "other"


def test_without_training_networks_have_the_published_size():
    settings = EvaluationSettings("digits", "nb201", evaluation="params", size={"cells": 2})
    assert settings.networks() == NB201Space(channels=16, cells=2, variant="standard")
    assert isinstance(settings.build(), CostEvaluation)


@pytest.mark.parametrize(
    ("evaluation", "options", "message"),
    [
        ("gtnn", {}, "did you mean 'gtn'"),
        ("gtn", {"epochs": 1}, "--epochs means nothing to --evaluation gtn; it goes with real"),
        ("gtn", {"step": 1}, "did you mean 'steps'"),
    ],
)
def test_what_an_evaluation_does_not_know_is_refused(evaluation, options, message):
    with pytest.raises(ConfigurationError, match=message):
        EvaluationSettings("digits", "nb201", evaluation=evaluation, options=options).build()
