import torch

from gtn_core.curricula import FullCurriculum


def test_codes_are_learnt_in_a_fixed_order():
    curriculum = FullCurriculum(steps=3, batch=4, code_size=5, classes=2)
    codes, _ = curriculum(1, seed=0)
    assert torch.equal(codes, curriculum(1, seed=9)[0])
    codes.sum().backward()
    assert curriculum.codes_TBZ.grad.sum((1, 2)).tolist() == [0, 20, 0]
