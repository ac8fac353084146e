import torch

from gtn_core.curricula import FixedCurriculum


def test_codes_are_drawn_once_and_never_learnt():
    curriculum = FixedCurriculum(steps=3, batch=4, code_size=5, classes=2)
    assert not list(curriculum.parameters())
    codes, _ = curriculum(1, seed=0)
    assert torch.equal(codes, curriculum(1, seed=9)[0])
    assert not codes.requires_grad


def test_codes_are_saved_for_the_generator_was_trained_on_them():
    drawn, other = FixedCurriculum(2, 3, 4, 5), FixedCurriculum(2, 3, 4, 5)
    other.load_state_dict(drawn.state_dict())
    assert torch.equal(other(0, seed=0)[0], drawn(0, seed=0)[0])
