"""What every search space must do."""

import pytest
import torch

from gtn_core.errors import ConfigurationError, UnknownNameError
from gtn_learners import nao, nb201
from gtn_nas import NAOSpace, NB201Space, Space
from gtn_nas.spaces import SPACES, find_space


def test_what_is_printed_reads_back(space: Space):
    genotype = space.sample(seed=3)
    assert space.parse(str(genotype)) == genotype
    assert space.parse(genotype) is genotype
    assert space.mutate(genotype, seed=0) != genotype


def test_the_seed_decides(space):
    assert space.sample(seed=0) == space.sample(seed=0) != space.sample(seed=1)
    one, same, other = (space.build(space.sample(seed=0), (1, 8, 8), 10, seed=seed) for seed in (0, 0, 1))
    assert all(map(torch.equal, one.parameters(), same.parameters()))
    assert not all(map(torch.equal, one.parameters(), other.parameters()))


@pytest.mark.parametrize("image_shape", [(1, 8, 8), (3, 9, 7)])
def test_networks_fit_the_images(space, image_shape):
    network = space.build(space.sample(seed=0), image_shape, 7)
    assert network(torch.zeros(2, *image_shape)).shape == (2, 7)


def test_networks_are_those_of_the_learners():
    genotype = nb201.random_genotype(0)
    built = NB201Space(channels=3, cells=2).build(genotype, (1, 8, 8), 10, seed=5)
    same = nb201.build_network(genotype, channels=3, cells=2, classes=10, in_channels=1, variant="gtn", seed=5)
    assert str(built) == str(same)
    assert all(map(torch.equal, built.parameters(), same.parameters()))
    other = NAOSpace(filters=3, cells=2, variant="standard").build(nao.random_genotype(0), (1, 8, 8), 10)
    assert not any("parametrizations" in name for name, _ in other.named_parameters())


def test_cost_is_that_of_the_published_size_whatever_is_trained():
    text = "|avg_pool_3x3~0|+|skip_connect~0|none~1|+|nor_conv_1x1~0|avg_pool_3x3~1|nor_conv_1x1~2|"
    space = NB201Space(channels=2, cells=1)  # the figures are those of Krishnakumar et al. (2022)
    assert space.cost(space.parse(text)) == (129_306, 19_248_832)
    assert NB201Space.published() == NB201Space(channels=16, cells=5, variant="standard")
    assert NAOSpace.published() == NAOSpace(filters=32, cells=3, variant="standard")


@pytest.mark.parametrize(("name", "other"), [("nb201", "nao"), ("nao", "nb201")])
def test_a_genotype_of_another_space_is_named(genotypes, name, other):
    space = find_space(name)()
    for foreign in (genotypes[other], find_space(other)().sample()):
        with pytest.raises(ConfigurationError, match=f"genotype of the search space {other}, not of {name}"):
            space.parse(foreign)


@pytest.mark.parametrize("malformed", ["", "|none~0|", "1 2 3", 7])
def test_what_is_no_genotype_is_refused(space, malformed):
    with pytest.raises(ConfigurationError, match="genotype"):
        space.parse(malformed)


def test_an_unknown_space_has_a_nearest_name():
    assert {kind().name for kind in SPACES.values()} == set(SPACES)
    with pytest.raises(UnknownNameError, match="did you mean 'nb201'"):
        find_space("nb101")
