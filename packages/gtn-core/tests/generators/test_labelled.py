import pytest
import torch

from gtn_core import RealData, Teacher, few_step_accuracy
from gtn_core.errors import ConfigurationError
from gtn_core.generators import ImageGenerator, LabelledGenerator
from gtn_core.teacher import GeneratorSpecification, TeacherSpecification
from gtn_core.warm_start import warm_start

SIZES = {"image_shape": (1, 8, 8), "classes": 3, "code_size": 4, "hidden": 6, "channels": (4, 3)}


def test_makes_images_within_two_and_probabilities():
    images, probabilities = LabelledGenerator(**SIZES)(100 * torch.randn(5, 4), torch.zeros(5, dtype=torch.long))
    assert images.shape == (5, 1, 8, 8)
    assert images.abs().max() <= 2
    assert probabilities.shape == (5, 3)
    torch.testing.assert_close(probabilities.sum(1), torch.ones(5))


def test_has_no_condition_and_one_head_more_than_the_image_generator():
    generator, conditioned = LabelledGenerator(**SIZES), ImageGenerator(**SIZES)
    codes = torch.randn(3, 4)
    one, other = (generator(codes, torch.tensor(labels)) for labels in ([0, 1, 2], [2, 0, 1]))
    assert all(map(torch.equal, one, other))
    counts = [sum(parameter.numel() for parameter in each.parameters()) for each in (generator, conditioned)]
    features, classes, hidden = 4 * 2 * 2, 3, 6
    assert counts[0] - counts[1] == (features + 2) * classes - classes * hidden


def test_gradients_of_images_and_labels_reach_every_parameter():
    generator = LabelledGenerator(**SIZES)
    images, probabilities = generator(torch.randn(6, 4), torch.zeros(6, dtype=torch.long))
    ((images * torch.randn(images.shape)).sum() + probabilities[:, 0].sum()).backward()
    assert all(parameter.grad.abs().sum() > 0 for parameter in generator.parameters())


def test_refuses_what_the_image_generator_refuses():
    with pytest.raises(ConfigurationError, match="at least 8 pixels"):
        LabelledGenerator(**{**SIZES, "image_shape": (1, 7, 8)})


def test_a_teacher_of_soft_labels_warms_up_teaches_and_is_saved(tmp_path):
    data = RealData.load("digits")
    generator = GeneratorSpecification(kind="labelled", code_size=8, hidden=32, channels=(8, 8))
    teacher = Teacher(
        TeacherSpecification(steps=6, batch=20, generator=generator),
        image_shape=data.image_shape,
        class_names=data.class_names,
        normalization=data.normalization,
    )
    with torch.no_grad():
        teacher.inner_optimizer.learning_rate.raw.fill_(-2.0)
    losses = []
    warm_start(teacher, data.train, steps=300, learning_rate=0.02, seed=0, on_step=losses.append)
    assert sum(losses[-10:]) < 0.4 * sum(losses[:10])
    assert few_step_accuracy(teacher, "digits-convnet", data, 3).mean > 0.6
    teacher.save_pretrained(tmp_path)
    again = Teacher.from_pretrained(tmp_path).batches()
    assert all(torch.equal(one.labels, other.labels) for one, other in zip(again, teacher.batches(), strict=True))
