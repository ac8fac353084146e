"""Training in place against the functional engine, which shares no line of the loop."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from gtn_core.batch_norm import MeanOnlyBatchNorm
from gtn_nas.evaluation._training import Course, judge, train


class Mixed(nn.Module):
    """Norms of two kinds, dropout, tied and frozen parameters, and some that nothing reads."""

    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Conv2d(1, 4, 3, padding=1), nn.Conv2d(4, 4, 1)
        self.third = nn.Conv2d(4, 4, 1)
        self.third.weight = self.second.weight
        self.third.bias.requires_grad_(False)
        self.norm, self.mean_only, self.dropout = nn.BatchNorm2d(4), MeanOnlyBatchNorm(4), nn.Dropout(0.3)
        self.unread, self.head = nn.Linear(3, 3), nn.Linear(4, 10)

    def forward(self, images):
        maps = self.dropout(F.relu(self.norm(self.first(images))))
        maps = F.relu(self.mean_only(self.third(self.second(maps))))
        return self.head(maps.mean((2, 3)))


@pytest.fixture
def network():
    torch.manual_seed(0)
    return Mixed()


MODES = ["last_synthetic_batch", "running", "batch"]
TEACHERS = [
    {"curriculum": "full"},
    {"curriculum": "none", "inner_optimizer": {"kind": "adam", "learning_rate": 0.01}},
    {"curriculum": "all_shuffled", "soft_labels": True, "inner_optimizer": {"kind": "sgd", "momentum": 0.0}},
    {"curriculum": "closed_loop"},
]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("options", TEACHERS, ids=lambda options: options["curriculum"])
def test_agrees_with_the_functional_engine(network, new_teacher, data, mode, options):
    made = new_teacher(batch_norm=mode, **options)
    unroll = made.unroll(network, seed=7)
    expected = unroll.evaluate(unroll.run(), data.validation.images)
    train(network, Course(made.steps, made.source(7), made.inner_optimizer, mode, 7), lambda done: None)
    found = judge(network, data.validation, mode)
    assert found.loss == pytest.approx(F.cross_entropy(expected, data.validation.labels).item(), rel=1e-4)
    correct = (expected.argmax(1) == data.validation.labels).float().mean().item()
    assert found.accuracy == pytest.approx(correct, abs=1.01 / len(data.validation))


def test_judging_between_steps_changes_nothing(network, new_teacher, data):
    made = new_teacher()
    course = Course(made.steps, made.source(0), made.inner_optimizer, "batch", 0)
    losses = []
    for visits in (False, True):
        torch.manual_seed(0)
        fresh = Mixed()
        train(fresh, course, lambda _, fresh=fresh, visits=visits: visits and judge(fresh, data.validation, "batch"))
        losses.append(judge(fresh, data.validation, "batch").loss)
    assert losses[0] == losses[1]


def test_the_global_generator_is_left_alone(network, new_teacher):
    made = new_teacher()
    before = torch.get_rng_state()
    train(network, Course(3, made.source(0), made.inner_optimizer, "running", 0), lambda done: None)
    assert torch.equal(before, torch.get_rng_state())
