import nni
import pytest
from nni.nas.space import SimplifiedModelSpace

from gtn_core.errors import UnknownNameError
from gtn_nas.nni import GenotypeModelSpace
from gtn_nas.strategies import CODINGS, find_coding, genotype_of


@pytest.mark.parametrize("space", CODINGS)
def test_nni_sees_the_choices_of_a_genotype_in_order(space: str):
    places = GenotypeModelSpace(space).simplify()
    assert {label: tuple(place.values) for label, place in places.items()} == find_coding(space).choices
    assert list(places) == list(find_coding(space).choices)
    assert all(place.as_legacy_dict()["_type"] == "choice" for place in places.values())


@pytest.mark.parametrize("space", CODINGS)
def test_what_nni_draws_is_a_genotype_and_survives_the_way_to_a_trial(space: str):
    model = SimplifiedModelSpace.from_model(GenotypeModelSpace(space)).random()
    genotype = genotype_of(model.sample)
    sent = nni.dump(model)
    assert len(sent) < 5000
    arrived = nni.load(sent)
    assert genotype_of(arrived.sample) == genotype
    assert genotype_of(arrived.executable_model().sample) == genotype


def test_a_misspelt_space_is_told_the_nearest():
    with pytest.raises(UnknownNameError, match="did you mean 'nao'"):
        GenotypeModelSpace("nae")
