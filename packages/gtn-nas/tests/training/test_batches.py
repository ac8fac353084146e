import torch

from gtn_core.data import Normalization, Split
from gtn_nas.training import recipes_of
from gtn_nas.training._batches import EpochBatches

SPLIT = Split(torch.arange(10.0).view(10, 1, 1, 1).expand(10, 1, 8, 8), torch.arange(10))
NORMALIZATION = Normalization((0.0,), (1.0,))


def batches(*overrides, seed=0):
    recipes = recipes_of("nb201")
    plain = ["batch_size=3", "augmentation=none"]
    recipe = recipes.with_overrides(recipes.load("search"), [*plain, *overrides])
    return EpochBatches(SPLIT, NORMALIZATION, recipe, seed)


def test_an_epoch_meets_every_image_once_but_what_fills_no_batch():
    found = batches()
    assert found.an_epoch == 3
    orders = []
    for epoch in range(3):
        orders.append([int(label) for place in range(3) for label in found[3 * epoch + place].labels])
        assert len(set(orders[-1])) == 9
    assert len({tuple(order) for order in orders}) == 3


def test_any_step_can_be_asked_for_again():
    found = batches("cutout=0.5", "augmentation=crop_flip")
    first = [found[step] for step in range(6)]
    for step in (5, 0, 3):
        assert torch.equal(found[step].images, first[step].images)
        assert torch.equal(found[step].labels, first[step].labels)
    assert not torch.equal(batches(seed=1)[0].labels, first[0].labels)


def test_images_are_augmented_each_in_its_own_way():
    images = batches("cutout=0.25")[0].images
    assert ((images == 0).sum((1, 2, 3)) > 0).all()
    plain = batches()[0].images
    assert not torch.equal(batches("augmentation=crop_flip")[0].images, plain)
