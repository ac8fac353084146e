"""A teacher that answers the learner: what it shows, to whom, and what needs a learner."""

import copy
import json

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from gtn_core import RealData, Teacher, few_step_accuracy
from gtn_core.errors import ConfigurationError, TeacherError
from gtn_core.exporting import export_data_set
from gtn_core.families import digits_convnet
from gtn_core.reporting import sample_grid
from gtn_core.teacher import GeneratorSpecification, LearnerSpecification, TeacherCard, TeacherSpecification
from gtn_core.warm_start import warm_start

CARD = TeacherCard(learners=(LearnerSpecification(family="digits-convnet", package="gtn-core"),))


@pytest.fixture(scope="module")
def data():
    return RealData.load("digits")


def teacher_of(data, curriculum="closed_loop", moved=True, kind="image"):
    generator = GeneratorSpecification(kind=kind, code_size=4, hidden=8, channels=(4, 4))
    teacher = Teacher(
        TeacherSpecification(steps=3, batch=16, generator=generator, curriculum=curriculum),
        image_shape=data.image_shape,
        class_names=data.class_names,
        normalization=data.normalization,
    )
    if moved:
        with torch.random.fork_rng([]):
            nn.init.normal_(teacher.curriculum.move.weight, std=50.0)
    return teacher


def learner_of(seed=0):
    return digits_convnet((1, 8, 8), 10, torch.Generator().manual_seed(seed))


def same(one, other):
    return all(torch.equal(a.images, b.images) for a, b in zip(one, other, strict=True))


def test_it_starts_as_a_full_curriculum_does(data):
    start = teacher_of(data, moved=False).batches(learner=learner_of())
    assert same(start, teacher_of(data, "full", moved=False).batches())


@pytest.mark.parametrize("kind", ["image", "labelled"])
def test_plain_training_on_what_it_shows_a_learner_is_what_teach_does(data, kind):
    teacher, network = teacher_of(data, kind=kind), learner_of()
    shown, untouched = teacher.batches(learner=network), learner_of()
    assert all(map(torch.equal, network.parameters(), untouched.parameters()))
    plain, optimizer = copy.deepcopy(network).train(), teacher.inner_optimizer
    velocities = [torch.zeros_like(parameter) for parameter in plain.parameters()]
    for step, (images, labels) in enumerate(shown):
        gradients = torch.autograd.grad(F.cross_entropy(plain(images), labels), list(plain.parameters()))
        with torch.no_grad():
            for velocity, parameter, gradient in zip(velocities, plain.parameters(), gradients, strict=True):
                velocity.mul_(optimizer.momentum.at(step)).add_(gradient)
                parameter -= optimizer.learning_rate.at(step) * velocity
    teacher.teach(network)
    for one, other in zip(network.parameters(), plain.parameters(), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-6)


def test_another_learner_is_shown_other_batches_from_the_second_on(data):
    one, other = (teacher_of(data).batches(learner=learner_of(seed)) for seed in range(2))
    assert torch.equal(one[0].images, other[0].images)
    assert not torch.equal(one[1].images, other[1].images)


def test_without_a_learner_there_is_nothing_to_show(data, tmp_path):
    teacher = teacher_of(data)
    with pytest.raises(TeacherError, match=r"answers a learner; ask for teacher.batches\(learner=network\)"):
        teacher.batch(0, seed=0)
    for ask in (teacher.batches, lambda: sample_grid(teacher, tmp_path / "grid.png")):
        with pytest.raises(TeacherError, match=r"records no family .*; give teacher.batches\(learner=network\)"):
            ask()


def test_a_learner_of_the_recorded_families_stands_in(data, tmp_path):
    teacher = teacher_of(data)
    teacher.card = CARD
    assert same(teacher.batches(seed=1), teacher.batches(seed=1))
    assert not same(teacher.batches(seed=1), teacher.batches(seed=2))
    sample_grid(teacher, tmp_path / "grid.png")
    assert (tmp_path / "grid.png").stat().st_size > 1000
    export_data_set(teacher, tmp_path / "data")
    assert "was shown; any other would have been shown others" in (tmp_path / "data" / "README.md").read_text()


def test_it_has_no_step_beyond_its_last(data):
    with pytest.raises(ConfigurationError, match="at most 3"):
        teacher_of(data).teach(learner_of(), steps=4)
    teacher_of(data).teach(learner_of(), steps=2)


def test_fresh_learners_are_measured_like_any_other_teachers(data):
    one, other = (few_step_accuracy(teacher_of(data), "digits-convnet", data, count=2) for _ in range(2))
    assert one == other


def test_a_saved_one_comes_back_the_same(data, tmp_path):
    teacher = teacher_of(data)
    teacher.card = CARD
    teacher.save_pretrained(tmp_path)
    loaded = Teacher.from_pretrained(tmp_path)
    assert loaded.specification.curriculum == "closed_loop"
    assert same(teacher.batches(), loaded.batches())


def test_a_description_of_more_classes_than_it_has_numbers_for_takes_no_memory(data, tmp_path):
    teacher_of(data).save_pretrained(tmp_path)
    content = json.loads((tmp_path / "teacher.json").read_text())
    content["class_names"] = [str(label) for label in range(60_000)]
    (tmp_path / "teacher.json").write_text(json.dumps(content))
    with pytest.raises(TeacherError, match="do not fit their description"):
        Teacher.from_pretrained(tmp_path)


def test_a_warm_start_fits_codes_and_generator_as_for_a_full_curriculum(data):
    teacher, full = teacher_of(data), teacher_of(data, "full", moved=False)
    moving = {name: one.clone() for name, one in teacher.curriculum.state_dict().items() if name != "codes_TBZ"}
    for one in (teacher, full):
        warm_start(one, data.train, steps=3, learning_rate=0.02, seed=0)
    assert torch.equal(teacher.curriculum.codes_TBZ, full.curriculum.codes_TBZ)
    assert all(torch.equal(teacher.curriculum.state_dict()[name], one) for name, one in moving.items())
