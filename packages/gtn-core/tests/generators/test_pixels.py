import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from gtn_core import RealData, Teacher
from gtn_core.generators import PixelGenerator
from gtn_core.teacher import PixelsSpecification, TeacherSpecification
from gtn_core.warm_start import warm_start


@given(shape=st.tuples(st.integers(1, 4), st.integers(1, 9), st.integers(1, 9)), batch=st.integers(1, 5))
def test_shows_any_image_within_its_range(shape, batch):
    generator = PixelGenerator(shape)
    images = 4 * torch.rand(batch, *shape) - 2
    labels = torch.zeros(batch, dtype=torch.long)
    shown = generator(generator.codes_of(images), labels)
    assert shown.shape == images.shape
    assert (shown - images).abs().max() < 0.003


def test_pixels_beyond_the_range_are_cut_off_and_can_still_learn():
    generator = PixelGenerator((1, 1, 2))
    codes = generator.codes_of(torch.tensor([[[[5.0, -5.0]]]])).requires_grad_()
    shown = generator(codes, torch.zeros(1, dtype=torch.long))
    assert shown.flatten().tolist() == pytest.approx([2.0, -2.0], abs=0.01)
    shown.sum().backward()
    assert (codes.grad > 1e-3).all()


def test_its_parameters_are_the_images_of_the_sequence(tmp_path):
    data = RealData.load("digits")
    specification = TeacherSpecification(steps=3, batch=20, generator=PixelsSpecification(kind="pixels"))
    teacher = Teacher(
        specification, image_shape=data.image_shape, class_names=data.class_names, normalization=data.normalization
    )
    codes = {name: tuple(one.shape) for name, one in teacher.named_parameters() if "inner_optimizer" not in name}
    assert codes == {"curriculum.codes_TBZ": (3, 20, 64)}
    teacher.save_pretrained(tmp_path)
    again = Teacher.from_pretrained(tmp_path)
    assert torch.equal(again.batches()[2].images, teacher.batches()[2].images)


def test_a_warm_start_shows_real_images_of_the_right_labels():
    data = RealData.load("digits")
    specification = TeacherSpecification(steps=2, batch=30, generator=PixelsSpecification(kind="pixels"))
    teacher = Teacher(
        specification, image_shape=data.image_shape, class_names=data.class_names, normalization=data.normalization
    )
    warm_start(teacher, data.train, steps=1, learning_rate=0.1, seed=0)
    images, labels = teacher.batches()[1]
    bounded = data.train.images.clamp(-1.998, 1.998)
    distances = torch.cdist(images.flatten(1), bounded.flatten(1), compute_mode="donot_use_mm_for_euclid_dist")
    assert distances.min(1).values.max() < 1e-3
    assert torch.equal(data.train.labels[distances.argmin(1)], labels)


def test_the_range_can_be_another():
    generator = PixelGenerator((1, 1, 2), largest=6.0)
    images = torch.tensor([[[[-5.0, 5.5]]]])
    torch.testing.assert_close(generator(generator.codes_of(images), torch.zeros(1)), images)
    assert generator(torch.full((1, 2), 9.0), torch.zeros(1)).max() <= 6
