import torch
from hypothesis import given
from hypothesis import strategies as st

from gtn_core.curricula import NoCurriculum


@given(
    batch=st.integers(1, 9),
    code_size=st.integers(1, 5),
    classes=st.integers(1, 5),
    step=st.integers(0, 99),
    seed=st.integers(0),
)
def test_draws_codes_and_labels_from_step_and_seed_alone(batch, code_size, classes, step, seed):
    curriculum = NoCurriculum(3, batch, code_size, classes)
    codes, labels = curriculum(step, seed)
    torch.rand(3)
    again = curriculum(step, seed)
    assert codes.shape == (batch, code_size)
    assert labels.shape == (batch,)
    assert 0 <= labels.min() <= labels.max() < classes
    assert torch.equal(codes, again[0])
    assert torch.equal(labels, again[1])


def test_steps_and_seeds_differ():
    curriculum = NoCurriculum(3, 4, 5, 10)
    codes = [curriculum(step, seed)[0] for step, seed in [(0, 0), (1, 0), (0, 1)]]
    assert len({tuple(code.flatten().tolist()) for code in codes}) == 3


def test_codes_are_standard_normal_and_labels_uniform():
    codes, labels = NoCurriculum(1, 20000, 2, 4)(0, 0)
    assert codes.mean().abs() < 0.03
    assert abs(codes.std() - 1) < 0.03
    assert (labels.bincount() / 20000 - 0.25).abs().max() < 0.02


def test_learns_and_saves_nothing_and_follows_the_modules_precision():
    curriculum = NoCurriculum(1, 2, 3, 4).double()
    assert not list(curriculum.parameters())
    assert not curriculum.state_dict()
    assert curriculum(0, 0)[0].dtype == torch.float64
