"""`teacher.passes`: a learner meets the same few codes again and again."""

import pytest
import torch

from gtn_core import RealData, Teacher
from gtn_core.errors import ConfigurationError
from gtn_core.recipes import load_recipe, with_overrides
from gtn_core.teacher import PixelsSpecification, TeacherSpecification
from gtn_core.testing import check_meta_gradient
from gtn_core.typing import Batch


@pytest.fixture(scope="module")
def data():
    return RealData.load("digits")


def teacher_of(data, curriculum="all_shuffled", **options):
    specification = TeacherSpecification(
        steps=4, passes=2, batch=10, generator=PixelsSpecification(kind="pixels"), curriculum=curriculum, **options
    )
    return Teacher(
        specification, image_shape=data.image_shape, class_names=data.class_names, normalization=data.normalization
    )


@pytest.mark.parametrize("curriculum", ["all_shuffled", "full"])
def test_the_meta_gradient_of_images_that_are_met_twice_equals_finite_differences(data, curriculum):
    teacher = teacher_of(data, curriculum).double()
    network = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(64, 6), torch.nn.Tanh(), torch.nn.Linear(6, 10))
    real = {4: Batch(data.train.images[:20].double(), data.train.labels[:20])}
    unroll = teacher.unroll(network.double(), seed=5)
    assert check_meta_gradient(unroll, [teacher.curriculum.codes_TBZ], real) < 1e-5


def test_a_saved_teacher_shows_the_same(data, tmp_path):
    teacher = teacher_of(data, soft_labels=True)
    teacher.save_pretrained(tmp_path)
    for one, other in zip(teacher.batches(3), Teacher.from_pretrained(tmp_path).batches(3), strict=True):
        assert torch.equal(one.images, other.images)
        assert torch.equal(one.labels, other.labels)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (("teacher.passes=3",), "3 passes do not go into 10 steps; give a divisor"),
        (("teacher.curriculum=none", "warm_start=null", "teacher.passes=2"), "curriculum none keeps none"),
        (("teacher.passes=0",), "greater than or equal to 1"),
    ],
)
def test_passes_that_cannot_be_are_refused(settings, message):
    with pytest.raises(ConfigurationError, match=f"teacher.passes.*{message}") as error:
        with_overrides(load_recipe("digits"), settings)
    assert "\n" not in str(error.value)
