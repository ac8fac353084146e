import pytest
import torch
from torch import nn

from gtn_core.functional_learner import FunctionalLearner
from gtn_core.inner_optimizers import SGD
from gtn_core.meta_gradients import ExactMetaGradient, mean_meta_gradient
from gtn_core.typing import Batch
from gtn_core.unroll import Unroll


def test_is_the_mean_over_learners_one_at_a_time(relative_error):
    optimizer = SGD(2).double()
    images = torch.randn(4, 1, 2, 2, dtype=torch.float64, requires_grad=True)
    labels = torch.arange(4) % 2
    judges = {2: Batch(torch.randn(4, 1, 2, 2).double(), labels)}
    learners = [nn.Sequential(nn.Flatten(), nn.Linear(4, 2)).double() for _ in range(3)]
    unrolls = [
        Unroll(FunctionalLearner(learner), 2, lambda _: Batch(images, labels), optimizer) for learner in learners
    ]
    meta_parameters = [images, *optimizer.parameters()]
    drawn = []

    def lazily():
        for unroll in unrolls:
            drawn.append(unroll)
            yield unroll, judges

    def estimator(unroll, meta_parameters, meta_batches):
        assert drawn[-1] is unroll
        return ExactMetaGradient()(unroll, meta_parameters, meta_batches)

    found = mean_meta_gradient(estimator, lazily(), meta_parameters)
    each = [unroll.meta_gradient(meta_parameters, judges) for unroll in unrolls]
    expected = [torch.stack(parts).mean(0) for parts in zip(*(one.gradients for one in each), strict=True)]
    loss = torch.stack([one.meta_loss for one in each]).mean()
    assert relative_error([found.meta_loss, *found.gradients], [loss, *expected]) <= 1e-14


def test_refuses_no_learners():
    with pytest.raises(ValueError, match="no unrolls"):
        mean_meta_gradient(ExactMetaGradient(), [], [])
