"""Few-step accuracy: repeatable, honest about its interval, strict about the data."""

import numpy as np
import pytest
import torch
from torch import nn

from gtn_core import RealData, Teacher, few_step_accuracy
from gtn_core.data import Normalization
from gtn_core.errors import ConfigurationError, TeacherError, UnknownNameError
from gtn_core.evaluation import RealDataArm, accuracy_curve, bootstrap_interval, resolve_learners
from gtn_core.families import digits_convnet
from gtn_core.teacher import SGDSpecification, TeacherSpecification


@pytest.fixture(scope="module")
def data():
    return RealData.load("digits")


@pytest.fixture(scope="module")
def arm(data):
    specification = TeacherSpecification(
        steps=8, batch=32, inner_optimizer=SGDSpecification(learning_rate=0.1, momentum=0.8)
    )
    return RealDataArm.beside(specification, data.train, data.classes)


def test_learners_learn_from_real_data(arm, data):
    found = few_step_accuracy(arm, "digits-convnet", data, count=4)
    assert found.mean > 0.6
    assert found.low <= found.mean <= found.high
    assert len(found.accuracies) == 4


def test_the_same_seed_repeats_the_figure_and_another_does_not(arm, data):
    first, again, other = (few_step_accuracy(arm, "digits-convnet", data, count=2, seed=seed) for seed in (3, 3, 4))
    assert first == again
    assert first != other


def test_the_first_learners_are_the_same_whatever_the_count(arm, data):
    few, more = (few_step_accuracy(arm, "digits-convnet", data, count=count) for count in (1, 3))
    assert more.accuracies[:1] == few.accuracies


def test_the_curve_ends_at_the_few_step_accuracy(arm, data):
    curve = accuracy_curve(arm, "digits-convnet", data, count=3)
    assert len(curve) == arm.steps + 1
    assert curve[-1] == few_step_accuracy(arm, "digits-convnet", data, count=3)
    assert curve[0].mean < 0.4 < curve[-1].mean


def test_it_agrees_with_teaching_a_network_in_place(arm, data):
    """Another way to the same number: teach the module itself, then use it as any network."""
    networks = []

    def family(image_shape, classes, generator):
        networks.append(digits_convnet(image_shape, classes, generator))
        return networks[-1]

    seeds = []
    original = arm.unroll
    arm.unroll = lambda learner, seed, steps=None: seeds.append(seed) or original(learner, seed, steps)
    try:
        found = few_step_accuracy(arm, family, data, count=1)
    finally:
        del arm.unroll
    (network,) = networks
    arm.teach(network, seed=seeds[0])
    assert not network.training
    with torch.no_grad():
        hits = (network(data.test.images).argmax(1) == data.test.labels).float().mean()
    assert hits.item() == pytest.approx(found.mean)


def test_validation_data_can_be_judged_instead(arm, data):
    assert few_step_accuracy(arm, "digits-convnet", data, count=1, split="validation").mean > 0.5


def test_no_learners_at_all_is_refused(arm, data):
    with pytest.raises(ConfigurationError, match="at least 1"):
        few_step_accuracy(arm, "digits-convnet", data, count=0)


def test_an_unknown_family_is_refused(arm, data):
    with pytest.raises(UnknownNameError, match="digits-convnet"):
        few_step_accuracy(arm, "digits-convnets", data)


def test_a_family_can_be_given_as_it_is():
    (member,) = resolve_learners(digits_convnet)
    assert member.family is digits_convnet


def test_data_of_another_shape_do_not_fit_a_teacher(data):
    teacher = Teacher(
        TeacherSpecification(steps=1, batch=10),
        image_shape=(1, 12, 12),
        class_names=data.class_names,
        normalization=data.normalization,
    )
    with pytest.raises(TeacherError, match=r"\[1, 12, 12\].*\[1, 8, 8\]"):
        few_step_accuracy(teacher, "digits-convnet", data)


def test_classes_in_another_order_do_not_fit_a_teacher(data):
    teacher = Teacher(
        TeacherSpecification(steps=1, batch=10),
        image_shape=data.image_shape,
        class_names=data.class_names[::-1],
        normalization=data.normalization,
    )
    with pytest.raises(TeacherError, match="another order"):
        few_step_accuracy(teacher, "digits-convnet", data)


def test_data_are_brought_into_the_teachers_normalisation(data):
    def teacher(normalization):
        return Teacher(
            TeacherSpecification(steps=1, batch=10),
            image_shape=data.image_shape,
            class_names=data.class_names,
            normalization=normalization,
        )

    expected = few_step_accuracy(teacher(data.normalization), "digits-convnet", data, count=2)
    elsewhere = data.normalized_by(Normalization((0.0,), (1.0,)))
    assert few_step_accuracy(teacher(data.normalization), "digits-convnet", elsewhere, count=2) == expected


def test_a_learner_of_other_classes_is_refused(arm, data):
    def family(image_shape, classes, generator):
        return nn.Sequential(nn.Flatten(), nn.Linear(64, 7))

    with pytest.raises(Exception, match=r"must return logits \[32, 10\].*\[32, 7\]"):
        few_step_accuracy(arm, family, data, count=1)


def test_the_interval_covers_the_mean_as_often_as_it_says():
    generator = np.random.default_rng(0)
    covered = 0
    for _ in range(200):
        _, low, high = bootstrap_interval(generator.normal(size=20))
        covered += low <= 0.0 <= high
    assert 0.86 < covered / 200 < 0.99  # the percentile bootstrap of 20 values is a little narrow


def test_one_value_is_its_own_interval():
    assert tuple(bootstrap_interval([0.5])) == (0.5, 0.5, 0.5)
