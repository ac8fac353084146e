"""`teacher.soft_labels: true`: the labels are learned with everything else, and go wherever batches go."""

import datasets
import numpy as np
import pytest
import torch
from torch import nn

from gtn_core import RealData, Teacher
from gtn_core.curricula import LEARNED
from gtn_core.errors import ConfigurationError
from gtn_core.exporting import export_data_set
from gtn_core.recipes import load_recipe, with_overrides
from gtn_core.teacher import PixelsSpecification, TeacherSpecification
from gtn_core.testing import check_meta_gradient
from gtn_core.typing import Batch
from gtn_core.warm_start import warm_start

CURRICULA = ("fixed", *LEARNED)


@pytest.fixture(scope="module")
def data():
    return RealData.load("digits")


def teacher_of(data, curriculum="full", soft_labels=True):
    specification = TeacherSpecification(
        steps=3,
        batch=16,
        generator=PixelsSpecification(kind="pixels"),
        curriculum=curriculum,
        soft_labels=soft_labels,
    )
    return Teacher(
        specification, image_shape=data.image_shape, class_names=data.class_names, normalization=data.normalization
    )


def learner():
    return nn.Sequential(nn.Flatten(), nn.Linear(64, 6), nn.Tanh(), nn.Linear(6, 10))


@pytest.mark.parametrize("curriculum", CURRICULA)
def test_images_and_classes_start_as_without(data, curriculum):
    network = learner()
    soft, hard = (teacher_of(data, curriculum, choice).batches(3, network) for choice in (True, False))
    for one, other in zip(soft, hard, strict=True):
        assert torch.equal(one.images, other.images)
        assert one.labels.shape == (16, 10)
        assert torch.equal(one.labels.argmax(1), other.labels)
        assert one.labels.max() == pytest.approx(0.9)


@pytest.mark.parametrize("curriculum", CURRICULA)
def test_the_meta_gradient_of_the_labels_equals_finite_differences(data, curriculum):
    teacher = teacher_of(data, curriculum).double()
    nn.init.normal_(teacher.soft_labels.logits_TBK)
    if curriculum == "closed_loop":
        nn.init.normal_(teacher.curriculum.move.weight, std=5.0)
    real = {3: Batch(data.train.images[:20].double(), data.train.labels[:20])}
    unroll = teacher.unroll(learner().double(), seed=5)
    assert check_meta_gradient(unroll, [teacher.soft_labels.logits_TBK], real) < 1e-5


def test_they_are_saved_and_named_in_the_card(data, tmp_path):
    teacher = teacher_of(data)
    nn.init.normal_(teacher.soft_labels.logits_TBK)
    teacher.save_pretrained(tmp_path)
    loaded = Teacher.from_pretrained(tmp_path)
    assert all(torch.equal(a.labels, b.labels) for a, b in zip(teacher.batches(), loaded.batches(), strict=True))
    assert "full, with learned soft labels" in (tmp_path / "README.md").read_text()


def test_they_are_exported_as_probabilities(data, tmp_path):
    teacher = teacher_of(data)
    nn.init.normal_(teacher.soft_labels.logits_TBK)
    export_data_set(teacher, tmp_path / "data")
    found = datasets.load_from_disk(tmp_path / "data").with_format("numpy")
    labels = torch.cat([batch.labels for batch in teacher.batches()])
    assert np.array_equal(np.asarray(found["label_probabilities"][:]), labels.numpy())
    assert found["label"][:].tolist() == labels.argmax(1).tolist()


def test_a_warm_start_leaves_them_alone(data):
    teacher, losses = teacher_of(data), []
    before = teacher.soft_labels.logits_TBK.detach().clone()
    warm_start(teacher, data.train, steps=2, learning_rate=0.1, seed=0, on_step=losses.append)
    assert torch.equal(teacher.soft_labels.logits_TBK, before)
    shown = teacher.batches()[0]
    means = torch.stack([data.train.images[data.train.labels == label].mean(0) for label in range(10)])
    nearest = torch.cdist(shown.images.flatten(1), means.flatten(1)).argmin(1)
    assert (nearest == shown.labels.argmax(1)).float().mean() > 0.7


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (("teacher.curriculum=none", "warm_start=null"), "curriculum none has none to keep"),
        (("teacher.generator.kind=labelled",), "labelled generator makes soft labels itself"),
    ],
)
def test_without_codes_or_with_labels_of_the_generators_own_they_are_refused(settings, message):
    with pytest.raises(ConfigurationError, match=f"teacher.soft_labels is True.*{message}") as error:
        with_overrides(load_recipe("digits"), ("teacher.soft_labels=true", *settings))
    assert "\n" not in str(error.value)


def test_an_older_teacher_has_none():
    teacher = Teacher.from_pretrained("digits")
    assert teacher.soft_labels is None
    assert teacher.batches()[0].labels.ndim == 1
