import torch

from gtn_core.curricula import AllShuffledCurriculum


def test_codes_change_their_batch_from_learner_to_learner():
    curriculum = AllShuffledCurriculum(steps=4, batch=25, code_size=2, classes=10)
    batches = [{tuple(code.tolist()) for code in curriculum(0, seed)[0]} for seed in range(2)]
    assert 0 < len(batches[0] & batches[1]) < 25
    assert batches[0] != {tuple(code.tolist()) for code in curriculum.codes_TBZ[0]}


def test_only_the_codes_that_are_met_get_a_gradient():
    curriculum = AllShuffledCurriculum(steps=2, batch=3, code_size=2, classes=3)
    codes, _ = curriculum(1, seed=4)
    codes.sum().backward()
    met = {tuple(code.tolist()) for code in codes}
    reached = [tuple(code.tolist()) in met for code in curriculum.codes_TBZ.flatten(0, 1)]
    assert curriculum.codes_TBZ.grad.flatten(0, 1)[:, 0].tolist() == [float(one) for one in reached]
    assert torch.equal(torch.tensor(sum(reached)), torch.tensor(3))
