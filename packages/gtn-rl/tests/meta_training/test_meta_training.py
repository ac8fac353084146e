import json

import pytest
import torch
from torch import nn

from gtn_core.errors import DivergenceError
from gtn_core.runs import GradientGuard, RunDirectory
from gtn_rl.meta_training import MetaTrainer, Outcome, OuterLoop, meta_step


class Descent:
    """Minimises the square of one number, five real steps at a time."""

    def __init__(self, gradient_of=lambda value: 2 * value):
        self.state = nn.Module()
        self.state.value = nn.Parameter(torch.tensor([4.0]))
        self.meta_parameters = [self.state.value]
        self.optimizer = torch.optim.SGD(self.meta_parameters, lr=0.1)
        self.gradient_of = gradient_of
        self.guard = GradientGuard()

    def outer_step(self, step, learning_rate):
        gradient = self.gradient_of(self.state.value.detach())
        norm = meta_step(self.optimizer, self.meta_parameters, [gradient], None, self.guard)
        return Outcome({"gradient_norm": norm}, 5)

    def validate(self, step):
        return Outcome({"validation_return": -float(self.state.value.detach() ** 2)}, 7)


def trained(tmp_path, task, **settings):
    run = RunDirectory.start(tmp_path, {}, resume=True)
    trainer = MetaTrainer(task, OuterLoop(**settings), run)
    trainer.train()
    return trainer, (tmp_path / "metrics.jsonl").read_text().splitlines()


def test_counts_real_steps_and_validates(tmp_path):
    trainer, lines = trained(tmp_path, Descent(), steps=6, validate_every=3, averaging=0.0)
    assert trainer.real_steps == {"real_steps": 30, "validation_steps": 14}
    assert ["validation_return" in line for line in lines] == [False, False, True] * 2


def test_the_average_is_kept(tmp_path):
    task = Descent()
    trained(tmp_path, task, steps=3, averaging=0.99)
    values = [4.0 * 0.8**step for step in range(4)]
    average = values[0]
    for count, value in enumerate(values[1:]):
        average += (1 - (1 + count) / (10 + count)) * (value - average)
    assert task.state.value.item() == pytest.approx(average)


def test_going_on_counts_nothing_twice(tmp_path):
    whole, lines = trained(tmp_path / "whole", Descent(), steps=6, validate_every=2)
    trained(tmp_path / "parts", Descent(), steps=4, validate_every=2)
    continued, again = trained(tmp_path / "parts", Descent(), steps=6, validate_every=2)
    assert again == lines
    assert continued.real_steps == whole.real_steps


def test_a_task_without_a_finite_gradient_is_given_up(tmp_path):
    with pytest.raises(DivergenceError, match="10 meta-gradients in a row"):
        trained(tmp_path, Descent(lambda value: value * float("nan")), steps=20)
    task = Descent(lambda value: value * float("nan"))
    meta_step(task.optimizer, task.meta_parameters, [torch.tensor([float("inf")])], None)
    assert task.state.value.item() == 4.0


def test_clipping_bounds_the_norm_of_all_gradients():
    weights = [nn.Parameter(torch.zeros(1)), nn.Parameter(torch.zeros(1))]
    norm = meta_step(torch.optim.SGD(weights, lr=1.0), weights, [torch.tensor([3.0]), torch.tensor([4.0])], clip=1.0)
    assert norm == 5.0
    assert [weight.item() for weight in weights] == pytest.approx([-0.6, -0.8])


def test_what_has_no_gradient_does_not_move():
    weights = [nn.Parameter(torch.ones(1)), nn.Parameter(torch.ones(1))]
    optimizer = torch.optim.Adam(weights, lr=0.1)
    weights[1].grad = torch.ones(1)
    meta_step(optimizer, weights[:1], [torch.ones(1)], None)
    assert weights[1].item() == 1.0
    assert weights[0].item() < 1.0


@pytest.mark.parametrize("value", [1e6, float("nan")])
def test_a_meta_gradient_that_explodes_or_is_not_finite_never_reaches_the_parameters(tmp_path, value):
    gradients = iter([0.1] * 12 + [value] + [0.1] * 7)
    task = Descent(lambda current: torch.full_like(current, next(gradients)))
    _, lines = trained(tmp_path, task, steps=20, checkpoint_every=5, averaging=0.0)
    assert [json.loads(line)["skipped"] for line in lines] == [0] * 12 + [1] * 8
    assert task.state.value.item() == pytest.approx(4.0 - 19 * 0.1 * 0.1)


def test_rolling_back_is_counted_and_makes_later_steps_smaller(tmp_path):
    class Obedient(Descent):
        def outer_step(self, step, learning_rate):
            self.optimizer.param_groups[0]["lr"] = learning_rate
            return super().outer_step(step, learning_rate)

    gradients = iter([1.0] * 12 + [float("inf")] + [1.0] * 7)
    task = Obedient(lambda current: torch.full_like(current, next(gradients)))
    settings = {"steps": 20, "checkpoint_every": 5, "averaging": 0.0, "rollback_factor": 0.5}
    _, lines = trained(tmp_path, task, **settings, learning_rate=0.1, final_learning_rate=1.0)
    assert [json.loads(line)["rollbacks"] for line in lines] == [0] * 12 + [1] * 8
    assert task.state.value.item() == pytest.approx(4.0 - 10 * 0.1 - 7 * 0.05)  # two of the twelve steps are taken back
