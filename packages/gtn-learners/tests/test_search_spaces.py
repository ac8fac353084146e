"""What every search space must do."""

import copy
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from gtn_core.errors import ConfigurationError, LearnerError, UnknownNameError
from gtn_learners import nao, nb201

SPACES = {"nao": (nao, {"filters": 4, "cells": 1}), "nb201": (nb201, {"channels": 4, "cells": 1})}
API = (Path(__file__).parents[1] / "docs/api.md").read_text()

each_space = pytest.mark.parametrize(("space", "size"), SPACES.values(), ids=SPACES)
seeds = st.integers(0, 2**40)


def unequal(space, one, other):
    """How many places of two genotypes differ."""
    flat = [(*g.normal, *g.reduction) if space is nao else g.operations for g in (one, other)]
    return sum(left != right for left, right in zip(*flat, strict=True))


@each_space
@given(seed=seeds)
def test_the_printed_form_reads_back(space, size, seed):
    genotype = space.random_genotype(seed)
    assert space.Genotype.parse(str(genotype)) == genotype
    assert space.Genotype.parse(f"  {genotype}\n") == genotype
    assert str(space.Genotype.parse(str(genotype))) == str(genotype)


@each_space
@given(seed=seeds)
def test_a_mutation_changes_one_place(space, size, seed):
    genotype = space.random_genotype(seed)
    before = str(genotype)
    assert unequal(space, genotype, space.mutate(genotype, seed)) == 1
    assert str(genotype) == before


@each_space
def test_genotypes_are_values(space, size):
    one, same, other = space.random_genotype(0), space.random_genotype(0), space.random_genotype(1)
    assert one == same != other
    assert len({one, same, other}) == 2
    assert sorted([one, other]) == sorted([other, one])
    with pytest.raises(AttributeError, match="cannot assign"):
        one.operations = ()


@each_space
def test_a_generator_goes_on_and_a_seed_starts_anew(space, size):
    generator = torch.Generator().manual_seed(0)
    drawn = [space.random_genotype(generator) for _ in range(50)]
    assert len(set(drawn)) == 50
    assert len({space.mutate(drawn[0], generator) for _ in range(50)}) > 10
    assert space.random_genotype(7) == space.random_genotype(seed=7)
    assert space.mutate(drawn[0], 7) == space.mutate(drawn[0], seed=7)


@each_space
@pytest.mark.parametrize("text", ["", "17", "|x~0|", "0 1 2", "x" * 500])
def test_what_is_no_genotype_is_refused_in_one_line(space, size, text):
    with pytest.raises(ConfigurationError, match=r"genotype (looks like|is) .*; got ") as caught:
        space.build_network(text, classes=10, **size)
    assert len(str(caught.value)) < 350
    assert "\n" not in str(caught.value)


def test_a_genotype_of_another_space_is_refused():
    with pytest.raises(ConfigurationError, match="an NB201 genotype looks like"):
        nb201.Genotype.parse(str(nao.random_genotype()))
    with pytest.raises(ConfigurationError, match="a NAO genotype is 40 numbers"):
        nao.Genotype.parse(str(nb201.random_genotype()))


@each_space
@pytest.mark.parametrize("variant", ["standard", "gtn"])
def test_one_seed_one_network(space, size, variant):
    before = torch.get_rng_state()
    text = str(space.random_genotype(0))
    built = [
        space.build_network(text, classes=3, variant=variant, seed=seed, **size).state_dict()
        for seed in (5, 5, 6, torch.Generator().manual_seed(5))
    ]
    same = [all(torch.equal(built[0][name], other[name]) for name in built[0]) for other in built]
    assert same == [True, True, False, False]
    assert torch.equal(before, torch.get_rng_state())


@each_space
@pytest.mark.parametrize("variant", ["standard", "gtn"])
@pytest.mark.parametrize("image_shape", [(1, 28, 28), (3, 32, 32), (3, 9, 7), (2, 1, 1)], ids=str)
def test_takes_images_of_any_shape(space, size, variant, image_shape):
    for seed in range(3):
        genotype = space.random_genotype(seed)
        network = space.build_network(genotype, classes=7, in_channels=image_shape[0], variant=variant, **size)
        images = torch.randn(4, *image_shape, generator=torch.Generator().manual_seed(0))
        for mode in (True, False):
            logits = network.train(mode)(images)
            assert logits.shape == (4, 7)
            assert logits.isfinite().all()


@each_space
def test_a_network_can_be_copied(space, size):
    network = space.build_network(space.random_genotype(0), classes=7, variant="gtn", **size).eval()
    images = torch.randn(4, 3, 8, 8)
    assert torch.equal(copy.deepcopy(network)(images), network(images))


@each_space
@pytest.mark.parametrize("name", ["classes", "in_channels", "cells", "width"])
def test_refuses_numbers_below_one(space, size, name):
    name = "channels" if name == "width" and space is nb201 else name.replace("width", "filters")
    with pytest.raises(LearnerError, match=rf"counts of at least 1; got .*{name}=0"):
        space.build_network(space.random_genotype(), **{"classes": 10, **size, name: 0})


@each_space
def test_an_unknown_variant_is_refused(space, size):
    with pytest.raises(UnknownNameError, match="did you mean 'standard'"):
        space.build_network(space.random_genotype(), classes=10, variant="standart", **size)


@each_space
def test_the_variants_differ_by_weight_norm_alone(space, size):
    """Of equal parameters, but for one magnitude an output unit."""
    standard, gtn = (
        space.build_network(space.random_genotype(0), classes=10, variant=variant, **size)
        for variant in ("standard", "gtn")
    )
    units = sum(len(layer.weight) for layer in gtn.modules() if isinstance(layer, nn.Conv2d | nn.Linear))
    counts = [sum(parameter.numel() for parameter in network.parameters()) for network in (standard, gtn)]
    assert counts[1] == counts[0] + units


@each_space
def test_every_public_name_is_documented(space, size):
    section = API.split(f"`gtn_learners.{space.__name__.rpartition('.')[2]}`", maxsplit=1)[1]
    assert [name for name in space.__all__ if f"`{name}" not in section or not getattr(space, name).__doc__] == []
