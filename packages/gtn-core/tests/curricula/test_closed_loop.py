"""What the learner shows moves the codes. `meta_gradients/test_exact.py` has a closed loop by its formulas."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.func import functional_call

from gtn_core.curricula import MEMORY, ClosedLoopCurriculum
from gtn_core.data import Normalization
from gtn_core.errors import ConfigurationError
from gtn_core.meta_gradients import EvolutionStrategies, ExactMetaGradient, TruncatedMetaGradient
from gtn_core.teacher import PixelsSpecification, Teacher, TeacherSpecification
from gtn_core.testing import check_meta_gradient
from gtn_core.typing import Batch

STEPS, CLASSES = 4, 3


def moving_teacher():
    """A smooth teacher in float64 whose codes are already moved."""
    specification = TeacherSpecification(
        steps=STEPS, batch=4, generator=PixelsSpecification(kind="pixels"), curriculum="closed_loop"
    )
    teacher = Teacher(
        specification, image_shape=(1, 3, 3), class_names=("a", "b", "c"), normalization=Normalization((0.0,), (1.0,))
    ).double()
    nn.init.normal_(teacher.curriculum.move.weight, std=10.0)
    return teacher


def smooth_learner():
    return nn.Sequential(nn.Flatten(), nn.Linear(9, 5), nn.Tanh(), nn.Linear(5, CLASSES)).double()


def real(*steps):
    return {step: Batch(torch.randn(7, 1, 3, 3).double(), torch.arange(7) % CLASSES) for step in steps}


def test_at_first_no_answer_moves_a_code():
    curriculum = ClosedLoopCurriculum(3, 4, 5, 2)
    memory = {"hidden": torch.randn(MEMORY)}
    assert all(map(torch.equal, curriculum.moved(1, memory), curriculum(1, seed=0)))


def test_once_it_has_learnt_other_answers_move_the_codes_of_a_class_otherwise():
    curriculum = ClosedLoopCurriculum(2, 4, 5, 2)
    nn.init.normal_(curriculum.move.weight)
    labels = curriculum.labels_TB[0]
    answers = [torch.zeros(4, 2), torch.ones(4, 2), torch.tensor([[3.0, 0.0], [0.0, 0.0]]).repeat(2, 1)]
    memories = [curriculum.observe(curriculum.start(), labels, logits, torch.tensor(0.5)) for logits in answers]
    memories.append(curriculum.observe(curriculum.start(), labels, answers[0], torch.tensor(2.0)))
    codes = [curriculum.moved(1, memory)[0] for memory in memories]
    assert all(not torch.equal(one, other) for place, one in enumerate(codes) for other in codes[:place])
    assert torch.equal(curriculum.moved(1, memories[0])[1], curriculum.labels_TB[1])


def test_probabilities_weigh_what_class_indices_choose():
    curriculum, logits, labels = ClosedLoopCurriculum(1, 5, 2, 4), torch.randn(5, 4), torch.tensor([0, 1, 1, 3, 0])
    given = (curriculum.start(), logits, torch.tensor(1.0))
    one, other = (curriculum.observe(given[0], each, *given[1:]) for each in (labels, F.one_hot(labels, 4).float()))
    torch.testing.assert_close(one, other)


@pytest.mark.parametrize("size", [0.0, 1e3, 1e20])
def test_a_diverging_learner_moves_the_codes_no_farther_and_multiplies_no_gradient(size):
    curriculum = ClosedLoopCurriculum(2, 6, 5, 3)
    nn.init.normal_(curriculum.move.weight)
    logits = (size * torch.randn(6, 3)).requires_grad_()
    memory = curriculum.observe(curriculum.start(), curriculum.labels_TB[0], logits, torch.tensor(size))
    (slope,) = torch.autograd.grad(memory["hidden"].sum(), logits)
    assert memory["hidden"].abs().max() <= 1
    assert slope.isfinite().all()
    assert slope.abs().max() < MEMORY
    assert curriculum.moved(1, memory)[0].isfinite().all()


def test_refuses_a_step_beyond_the_sequence():
    with pytest.raises(ConfigurationError, match="of 2 steps has no step 3"):
        ClosedLoopCurriculum(2, 3, 4, 5).moved(2, {"hidden": torch.zeros(MEMORY)})


def test_the_meta_gradient_equals_finite_differences():
    teacher = moving_teacher()
    unroll = teacher.unroll(smooth_learner(), seed=0)
    assert check_meta_gradient(unroll, list(teacher.parameters()), real(2, STEPS)) < 1e-5


@pytest.mark.parametrize("window", [1, 3, STEPS])
@pytest.mark.parametrize("memory", ["recompute", "store"])
def test_a_truncated_window_takes_what_is_remembered_before_it_for_a_constant(window, memory):
    teacher, learner, judged = moving_teacher(), smooth_learner(), real(STEPS)
    parameters = list(teacher.parameters())
    found = TruncatedMetaGradient(window, memory)(teacher.unroll(learner, 0), parameters, judged)
    loss = loss_of_whole_loop(teacher, learner, judged[STEPS], forgotten=STEPS - window)
    expected = torch.autograd.grad(loss, parameters, allow_unused=True, materialize_grads=True)
    torch.testing.assert_close(found.meta_loss, loss.detach(), rtol=1e-12, atol=0)
    torch.testing.assert_close(found.gradients, list(expected), rtol=1e-9, atol=1e-13)


def loss_of_whole_loop(teacher, learner, judge, forgotten):
    """Plain autograd; what came before step `forgotten` loses its history."""
    values, remembered = dict(learner.named_parameters()), teacher.curriculum.start()
    velocities = {name: torch.zeros_like(value) for name, value in values.items()}
    for step in range(STEPS):
        if step == forgotten:
            values = {name: value.detach().requires_grad_() for name, value in values.items()}
            velocities = {name: value.detach() for name, value in velocities.items()}
            remembered = {name: value.detach() for name, value in remembered.items()}
        codes, labels = teacher.curriculum.moved(step, remembered)
        logits = functional_call(learner, values, teacher.generator(codes, labels))
        loss = F.cross_entropy(logits, labels)
        gradients = torch.autograd.grad(loss, list(values.values()), create_graph=True)
        remembered = teacher.curriculum.observe(remembered, labels, logits, loss)
        rate = teacher.inner_optimizer.learning_rate.at(step)
        momentum = teacher.inner_optimizer.momentum.at(step)
        for name, gradient in zip(values, gradients, strict=True):
            velocities[name] = momentum * velocities[name] + gradient
            values = {**values, name: values[name] - rate * velocities[name]}
    return F.cross_entropy(functional_call(learner, values, judge.images), judge.labels)


def test_evolution_strategies_need_no_more_than_the_forward_pass():
    teacher, judged = moving_teacher(), real(STEPS)
    unroll, parameters = teacher.unroll(smooth_learner(), seed=0), list(teacher.parameters())
    exact = ExactMetaGradient()(unroll, parameters, judged)
    assert unroll.meta_loss(judged).item() == pytest.approx(exact.meta_loss.item(), rel=1e-12)
    found = EvolutionStrategies(pairs=2, sigma=1e-4)(unroll, parameters, judged)
    assert found.meta_loss.item() == pytest.approx(exact.meta_loss.item(), rel=1e-3)
    assert all(gradient.any() for gradient in found.gradients)
