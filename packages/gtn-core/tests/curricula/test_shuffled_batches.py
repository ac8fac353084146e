import torch

from gtn_core.curricula import ShuffledBatchesCurriculum


def test_batches_stay_together_in_another_order_for_each_learner():
    curriculum = ShuffledBatchesCurriculum(steps=5, batch=3, code_size=2, classes=4)
    orders = set()
    for seed in range(20):
        order = []
        for step in range(5):
            codes, labels = curriculum(step, seed)
            (place,) = [place for place in range(5) if torch.equal(codes, curriculum.codes_TBZ[place])]
            assert torch.equal(labels, curriculum.labels_TB[place])
            order.append(place)
        assert sorted(order) == [0, 1, 2, 3, 4]
        orders.add(tuple(order))
    assert len(orders) > 10
