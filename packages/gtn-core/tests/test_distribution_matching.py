"""Distribution matching: images come to be seen as their class is, and nothing but the seed decides how."""

import pytest
import torch
from torch import nn

from gtn_core import RealData
from gtn_core.data import Split
from gtn_core.distribution_matching import match_distributions
from gtn_core.errors import DataError, LearnerError
from gtn_core.families import find_family
from gtn_core.seeding import seeded_by


@pytest.fixture(scope="module")
def data():
    return RealData.load("digits")


def noise(data, count=4):
    images = torch.randn(10 * count, *data.image_shape, generator=torch.Generator().manual_seed(0))
    return images, torch.arange(10).repeat(count)


def linear(image_shape, classes, generator):
    with seeded_by(generator):
        return nn.Sequential(nn.Flatten(), nn.Linear(64, classes))


def test_images_come_nearer_to_the_mean_of_their_class(data):
    images, labels = noise(data)
    # The features of a linear learner are the pixels, so what is matched is the mean augmented image.
    moved = match_distributions(images, labels, data.train, linear, steps=60, learning_rate=0.3)
    wanted = torch.stack([data.train.images[data.train.labels == label].mean(0) for label in range(10)])

    def distance(found):
        means = torch.stack([found[labels == label].mean(0) for label in range(10)])
        return (means - wanted).square().mean()

    assert distance(moved) < 0.4 * distance(images)


def test_networks_features_come_together(data):
    images, labels = noise(data)
    losses = []
    family = find_family("digits-convnet")
    match_distributions(images, labels, data.train, family, steps=60, on_step=losses.append)
    assert len(losses) == 60
    assert sum(losses[-10:]) < 0.6 * sum(losses[:10])


def test_real_and_synthetic_images_of_a_class_move_alike(data):
    places = torch.stack([(data.train.labels == label).nonzero()[0, 0] for label in range(10)])
    alone = Split(data.train.images[places], data.train.labels[places])
    # Were they moved each in its own way, their features would differ, and the images be changed.
    moved = match_distributions(alone.images, alone.labels, alone, linear, steps=3, real_images=1)
    torch.testing.assert_close(moved, alone.images)


def test_the_seed_decides_and_what_came_is_left_alone(data):
    images, labels = noise(data, 1)
    before = images.clone()
    one, same, other = (
        match_distributions(images, labels, data.train, linear, steps=2, seed=seed) for seed in (1, 1, 2)
    )
    assert torch.equal(one, same)
    assert not torch.equal(one, other)
    assert torch.equal(images, before)


def test_classes_may_be_few_and_uneven(data):
    images, _ = noise(data, 1)
    labels = torch.tensor([7, 7, 7, 3, 3, 3, 3, 3, 3, 3])
    moved = match_distributions(images, labels, data.train, linear, steps=1, real_images=2)
    assert moved.shape == images.shape
    assert not torch.equal(moved, images)


def test_a_network_without_a_linear_layer_is_refused(data):
    images, labels = noise(data, 1)
    with pytest.raises(LearnerError, match="the last linear layer is given; the network uses none"):
        match_distributions(images, labels, data.train, lambda *_: nn.Flatten(), steps=1)


def test_a_linear_layer_that_is_not_used_does_not_count(data):
    class WithSpare(nn.Sequential):
        def forward(self, images):
            return self[1](self[0](images))

    def family(image_shape, classes, generator):
        return WithSpare(*linear(image_shape, classes, generator), nn.Linear(3, 3))

    images, labels = noise(data, 1)
    one, other = (match_distributions(images, labels, data.train, made, steps=1) for made in (family, linear))
    assert torch.equal(one, other)


def test_pixels_stay_within_their_bound(data):
    images, labels = noise(data, 1)
    moved = match_distributions(images, labels, data.train, linear, steps=3, learning_rate=1.0, largest=0.5)
    assert moved.abs().max() <= 0.5


def test_a_class_without_real_images_is_refused(data):
    images, labels = noise(data, 1)
    kept = data.train.labels != 3
    split = Split(data.train.images[kept], data.train.labels[kept])
    with pytest.raises(DataError, match="have none of some class to match"):
        match_distributions(images, labels, split, linear, steps=1)
