import pytest
import torch

from gtn_core.errors import ConfigurationError, UnknownNameError
from gtn_nas.spaces import SPACES, find_space
from gtn_nas.training import recipes_of


def overridden(space, name, *overrides):
    recipes = recipes_of(space)
    return recipes.with_overrides(recipes.load(name), overrides)


def test_every_space_has_the_papers_recipes():
    for space in SPACES:
        assert recipes_of(space).names == ["final", "search"]
        for name in recipes_of(space).names:
            recipe = recipes_of(space).load(name)
            assert recipe.name == name
            assert recipe.description
            assert recipe.cost
            assert recipe.train_on == ("train" if name == "search" else "train_and_validation")
    search, final = map(recipes_of("nao").load, ("search", "final"))
    assert [(recipe.cells, recipe.filters, recipe.epochs) for recipe in (search, final)] == [(3, 32, 100), (6, 36, 600)]
    assert recipes_of("nb201").load("final").sizes() == {"cells": 5, "channels": 16}


def test_the_learning_rate_is_torch_s_cosine_schedule():
    recipe = overridden("nao", "search", "learning_rate=0.5")
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], 0.5)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=20)
    for step in range(20):
        assert recipe.learning_rate_at(step / 20) == pytest.approx(schedule.get_last_lr()[0])
        optimizer.step()
        schedule.step()


@pytest.mark.parametrize("space", SPACES)
def test_networks_have_the_recipe_s_sizes(space):
    recipe = overridden(space, "search", "cells=1", {"nao": "filters=2", "nb201": "channels=2"}[space])
    network = recipe.build(find_space(space)().sample(), (3, 24, 24), 7, seed=0)
    recipe.prepare(network, 0.5)
    heads = recipe.heads(network, torch.zeros(2, 3, 24, 24))
    assert [head.weight for head in heads] == {"nao": [1.0, 0.4], "nb201": [1.0]}[space]
    assert {tuple(head.logits.shape) for head in heads} == {(2, 7)}
    assert all("auxiliary" not in name for name, _ in recipe.plain(network).named_parameters())


def test_drop_path_grows_and_small_images_have_no_auxiliary_head():
    recipe = overridden("nao", "final", "cells=1", "filters=2")
    network = recipe.build(find_space("nao")().sample(), (1, 8, 8), 10, seed=0)
    recipe.prepare(network, 0.25)
    assert network.drop_path_probability == pytest.approx(0.05)
    assert network.auxiliary is None
    assert "images of 8 x 8 are too small" in recipe.notice((1, 8, 8))
    assert recipe.notice((3, 32, 32)) is None
    assert overridden("nao", "final", "auxiliary=0").notice((1, 8, 8)) is None


@pytest.mark.parametrize(
    ("space", "override", "message"),
    [
        ("nao", "filter=8", "did you mean 'filters'"),
        ("nao", "channels=8", "unknown key 'channels'"),
        ("nb201", "filters=8", "unknown key 'filters'"),
        ("nb201", "epochs=0", "epochs is 0"),
        ("nb201", "epochs", "such as epochs=10"),
        ("nb201", "augmentation=crop", "augmentation is 'crop'"),
        ("nb201", "cutout=2", "cutout is 2"),
        ("nb201", "momentum=0", "Nesterov's momentum needs a momentum"),
        ("nb201", "data.sorce=x", "did you mean 'source'"),
    ],
)
def test_what_cannot_be_is_said_in_a_line(space, override, message):
    with pytest.raises(ConfigurationError, match=message):
        overridden(space, "search", override)


def test_unknown_names_have_a_nearest_one():
    with pytest.raises(UnknownNameError, match="did you mean 'final'"):
        recipes_of("nao").load("finl")
    with pytest.raises(UnknownNameError, match="did you mean 'nao'"):
        recipes_of("nas")
