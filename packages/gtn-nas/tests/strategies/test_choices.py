import pytest

from gtn_core.errors import ConfigurationError, UnknownNameError
from gtn_learners import nao, nb201
from gtn_nas.strategies import CODINGS, find_coding, genotype_of

RANDOM = {"nao": nao.random_genotype, "nb201": nb201.random_genotype}


@pytest.mark.parametrize("space", CODINGS)
def test_every_genotype_survives_the_way_to_a_sample_and_back(space: str):
    coding = find_coding(space)
    for seed in range(20):
        genotype = RANDOM[space](seed)
        sample = coding.sample_of(genotype)
        assert sample.keys() == coding.choices.keys()
        assert all(sample[label] in values for label, values in coding.choices.items())
        assert coding.genotype_of(sample) == genotype_of(sample) == genotype


def test_the_spaces_have_as_many_places_and_values_as_published():
    assert [len(values) for values in find_coding("nb201").choices.values()] == [5] * 6
    nao_sizes = [len(values) for values in find_coding("nao").choices.values()]
    assert nao_sizes == [size for _ in range(2) for node in range(2, 7) for size in (node, 11, node, 11)]


def test_labels_have_no_slash_for_nni_refuses_it():
    assert not any("/" in label for coding in CODINGS.values() for label in coding.choices)


def test_a_misspelt_space_is_told_the_nearest():
    with pytest.raises(UnknownNameError, match="did you mean 'nb201'"):
        find_coding("nb210")


def test_a_sample_of_no_space_is_refused():
    with pytest.raises(ConfigurationError, match=r"not the places of a search space: layer_1"):
        genotype_of({"layer_1": "conv"})


def test_a_value_that_its_place_does_not_have_is_refused():
    sample = dict.fromkeys(find_coding("nb201").choices, "none")
    with pytest.raises(ConfigurationError, match=r"edge_0_1 is 'conv', which is not among none"):
        genotype_of(sample | {"edge_0_1": "conv"})
