"""What every family of the table must do."""

from importlib.metadata import entry_points
from itertools import zip_longest

import pytest
import torch
import torch.nn.functional as F

import gtn_learners
from gtn_core.errors import LearnerError, UnknownNameError
from gtn_core.families import family_names, find_family
from gtn_core.testing import check_learner_family
from gtn_learners import FAMILIES

each_family = pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)


@each_family
@pytest.mark.parametrize("image_shape", [(1, 8, 8), (3, 9, 7), (2, 1, 1)], ids=str)
def test_keeps_the_contract(family, image_shape):
    check_learner_family(family, image_shapes=[image_shape], classes=4)


@each_family
@pytest.mark.parametrize("classes", [1, 2, 100])
def test_makes_any_number_of_classes(family, classes):
    network = family((1, 5, 6), classes, torch.Generator().manual_seed(0))
    assert network(torch.randn(3, 1, 5, 6)).shape == (3, classes)


@each_family
def test_learns(family):
    """Twenty steps on twenty images at least halve the loss."""
    generator = torch.Generator().manual_seed(0)
    network = family((1, 12, 12), 4, generator)
    images, labels = torch.randn(20, 1, 12, 12, generator=generator), torch.arange(20) % 4
    optimizer = torch.optim.SGD(network.parameters(), lr=0.05, momentum=0.5)
    losses = []
    for _ in range(20):
        optimizer.zero_grad()
        loss = F.cross_entropy(network(images), labels)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0] / 2


@each_family
def test_draws_each_width_over_a_factor_of_two(family, layer_widths):
    generator = torch.Generator().manual_seed(0)
    learners = [layer_widths(family((1, 2, 2), 3, generator)) for _ in range(100)]
    assert {widths.pop() for widths in learners} == {3}
    for widths in zip_longest(*learners):
        drawn = [width for width in widths if width]  # some families draw their depth too
        assert len(drawn) < 20 or max(drawn) > 1.9 * min(drawn)


@each_family
@pytest.mark.parametrize(("image_shape", "classes"), [((0, 8, 8), 10), ((1, 8, 0), 10), ((1, 8, 8), 0)])
def test_refuses_sizes_below_one(family, image_shape, classes):
    with pytest.raises(LearnerError, match="sizes of at least 1; got image_shape="):
        family(image_shape, classes, torch.Generator())


def test_the_table_and_the_entry_points_agree():
    ours = [entry for entry in entry_points(group="gtn.learners") if entry.value.startswith("gtn_learners")]
    assert {entry.name: entry.load() for entry in ours} == FAMILIES


def test_the_front_door_opens_to_every_family():
    assert sorted(FAMILIES) == list(FAMILIES)
    for name, family in FAMILIES.items():
        assert getattr(gtn_learners, name.replace("-", "_")) is family
    assert set(gtn_learners.__all__) <= set(vars(gtn_learners))


@pytest.mark.parametrize("name", FAMILIES)
def test_the_registry_knows_each_name(name):
    assert name in family_names()
    assert find_family(name) is FAMILIES[name]


def test_the_registry_names_the_nearest_of_an_unknown_one():
    with pytest.raises(UnknownNameError, match=r"did you mean 'mnist-small'\? Allowed: cifar10-paper, cifar10-small, "):
        find_family("mnist-smal")
