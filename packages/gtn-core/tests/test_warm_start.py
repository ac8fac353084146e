"""Warm start: the teacher's images come close to real images of the right labels."""

import pytest
import torch

from gtn_core import RealData, Teacher
from gtn_core.errors import ConfigurationError
from gtn_core.families import find_family
from gtn_core.teacher import GeneratorSpecification, PixelsSpecification, TeacherSpecification
from gtn_core.warm_start import match_pixels, warm_start


@pytest.fixture(scope="module")
def data():
    return RealData.load("digits")


def teacher_of(data, curriculum="full"):
    generator = GeneratorSpecification(code_size=8, hidden=16, channels=(8, 8))
    specification = TeacherSpecification(steps=2, batch=20, generator=generator, curriculum=curriculum)
    return Teacher(
        specification, image_shape=data.image_shape, class_names=data.class_names, normalization=data.normalization
    )


@pytest.mark.parametrize("curriculum", ["full", "shuffled_batches", "all_shuffled"])
def test_synthetic_images_come_to_resemble_their_class(data, curriculum):
    teacher = teacher_of(data, curriculum)
    losses = []
    warm_start(teacher, data.train, steps=160, learning_rate=0.02, seed=0, on_step=losses.append)
    assert sum(losses[-10:]) < 0.6 * sum(losses[:10])
    means = torch.stack([data.train.images[data.train.labels == label].mean(0) for label in range(10)])
    images, labels = (torch.cat(parts) for parts in zip(*teacher.batches(), strict=True))
    nearest = torch.cdist(images.flatten(1), means.flatten(1)).argmin(1)
    assert (nearest == labels).float().mean() > 0.7


def test_the_inner_optimizer_stays_as_it_is(data):
    teacher = teacher_of(data)
    before = teacher.inner_optimizer.learning_rate.values()
    warm_start(teacher, data.train, steps=2, learning_rate=0.02, seed=0)
    assert torch.equal(teacher.inner_optimizer.learning_rate.values(), before)


def test_the_same_seed_fits_the_same_teacher(data):
    one, other = teacher_of(data), teacher_of(data)
    for teacher in (one, other):
        warm_start(teacher, data.train, steps=3, learning_rate=0.02, seed=7)
    assert all(map(torch.equal, one.parameters(), other.parameters()))


@pytest.mark.parametrize("curriculum", ["none", "fixed"])
def test_a_curriculum_without_learned_codes_is_refused(data, curriculum):
    with pytest.raises(ConfigurationError, match=rf"curriculum {curriculum} has none.*warm_start: null"):
        warm_start(teacher_of(data, curriculum), data.train, steps=1, learning_rate=0.1, seed=0)


def match(teacher, data):
    family = find_family("digits-convnet")
    match_pixels(teacher, data.train, family, steps=2, learning_rate=0.01, real_images=4, seed=0)


def test_matching_moves_images_that_are_parameters(data):
    specification = TeacherSpecification(steps=2, batch=10, generator=PixelsSpecification(kind="pixels"))
    teacher = Teacher(
        specification, image_shape=data.image_shape, class_names=data.class_names, normalization=data.normalization
    )
    warm_start(teacher, data.train, steps=1, learning_rate=0.1, seed=0)
    before = teacher.batches()
    match(teacher, data)
    for (images, labels), (moved, same) in zip(before, teacher.batches(), strict=True):
        assert torch.equal(labels, same)
        assert 0 < (images - moved).abs().max() < 1


def test_matching_wants_images_that_are_parameters(data):
    with pytest.raises(ConfigurationError, match=r"generator image makes its own; use .*kind: pixels"):
        match(teacher_of(data), data)
