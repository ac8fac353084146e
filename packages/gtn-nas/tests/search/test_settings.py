import pytest

from gtn_core.errors import UnknownNameError
from gtn_nas import GTNEvaluation, NAOSpace, NB201Space
from gtn_nas.search import EvaluationSettings, check_engine, check_strategy


def test_settings_build_the_evaluation_that_they_describe():
    settings = EvaluationSettings("digits", "nb201", width=3, cells=1, seeds=2, steps=4, seed=5)
    evaluation = settings.build()
    assert isinstance(evaluation, GTNEvaluation)
    assert evaluation.space == NB201Space(channels=3, cells=1)
    assert (evaluation.seeds, evaluation.steps, evaluation.seed) == (2, 4, 5)


def test_the_width_of_nao_networks_is_their_filters_and_sizes_have_defaults():
    assert EvaluationSettings("digits", "nao", width=6).networks() == NAOSpace(filters=6)
    assert EvaluationSettings("digits", "nao").networks() == NAOSpace()


def test_the_data_are_the_teacher_s_unless_others_are_named():
    assert EvaluationSettings("digits", "nao").resolved().data == "digits"
    assert EvaluationSettings("digits", "nao", data="other").resolved().data == "other"


def test_misspelt_names_are_told_the_nearest():
    with pytest.raises(UnknownNameError, match="did you mean 'evolution'"):
        check_strategy("evolutoin")
    with pytest.raises(UnknownNameError, match="did you mean 'local'"):
        check_engine("locl")
