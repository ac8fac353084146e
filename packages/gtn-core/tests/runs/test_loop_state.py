"""Where an outer step goes wrong: what is left alone, and what is taken back."""

import pytest
import torch

from gtn_core.errors import DivergenceError
from gtn_core.runs import GradientGuard, LoopState, MetricsLog, RunDirectory, SilentProgress


class Loop:
    """A single parameter that SGD with momentum moves by what it is told, its state in a folder."""

    def __init__(self, folder, rollback_factor=0.5):
        folder.mkdir(exist_ok=True)
        self.layer = torch.nn.Linear(1, 1, bias=False)
        torch.nn.init.zeros_(self.layer.weight)
        optimizer = torch.optim.SGD(self.layer.parameters(), 1.0, momentum=0.9)
        self.optimizer, self.folder = optimizer, folder
        self.state = LoopState(
            self.layer, optimizer, (), GradientGuard(), RunDirectory(folder), every=10, rollback_factor=rollback_factor
        )
        self.start, self.length = self.state.restore(SilentProgress())

    @property
    def value(self):
        return self.layer.weight.item()

    def step(self, number, gradient):
        self.layer.weight.grad = torch.tensor([[gradient]])
        self.optimizer.step()
        self.state.followed(number)

    def save(self, step):
        with MetricsLog(self.folder, self.length, step) as log:
            self.state.save(step, log)


def test_without_a_factor_a_bad_step_changes_nothing(tmp_path):
    loop = Loop(tmp_path, None)
    loop.step(0, 1.0)
    loop.state.diverged(1)
    assert loop.value == -1.0
    assert loop.state.learning_rate_factor == 1.0
    assert loop.state.figures == {"skipped": 1}


def test_rolling_back_restores_parameters_and_optimizer_with_a_smaller_step(tmp_path):
    loop = Loop(tmp_path)
    for step in range(10):
        loop.step(step, 1.0)
    loop.save(10)
    good = loop.value
    loop.step(10, 5.0)
    loop.state.diverged(11)
    assert loop.value == good
    assert loop.state.learning_rate_factor == 0.5
    assert loop.state.figures == {"skipped": 1, "rollbacks": 1}
    loop.step(12, 0.0)  # the momentum came back too
    momentum = sum(0.9**power for power in range(10))
    assert loop.value == pytest.approx(good - 0.9 * momentum)
    loop.state.diverged(13)
    assert loop.value == good
    assert loop.state.learning_rate_factor == 0.25


def test_before_the_first_checkpoint_a_loop_goes_back_to_its_start(tmp_path):
    loop = Loop(tmp_path)
    loop.step(0, 1.0)
    loop.state.diverged(1)
    assert loop.value == 0.0


@pytest.mark.parametrize("stops", [(), (12,), (12, 13, 14)])
def test_a_loop_that_was_stopped_goes_back_to_where_an_undisturbed_one_does(tmp_path, stops):
    loop = Loop(tmp_path)
    for step in range(15):
        if step in stops:
            loop.save(step)
            loop = Loop(tmp_path)
            assert loop.start == step
        loop.step(step, 1.0)
        if step == 9:
            loop.save(10)
            good = loop.value
    loop.state.diverged(15)
    assert loop.value == good


def test_a_step_that_makes_parameters_infinite_is_taken_back_or_ends_the_run(tmp_path):
    loop = Loop(tmp_path)
    loop.step(0, float("inf"))
    assert loop.value == 0.0
    assert loop.state.figures == {"skipped": 1, "rollbacks": 1}
    with pytest.raises(DivergenceError, match=r"not finite.*rollback_factor"):
        Loop(tmp_path / "other", None).step(0, float("inf"))


@pytest.mark.parametrize("factor", [None, 0.5])
def test_ten_bad_steps_in_a_row_are_the_end_and_nine_are_not(tmp_path, factor):
    loop = Loop(tmp_path, factor)
    for step in range(9):
        loop.state.diverged(step)
    loop.step(9, 1.0)
    for step in range(9):
        loop.state.diverged(step)
    with pytest.raises(DivergenceError, match="10 meta-gradients in a row"):
        loop.state.diverged(19)


def test_the_guards_memory_and_the_counts_are_resumed(tmp_path):
    loop = Loop(tmp_path)
    for norm in range(1, 12):
        assert loop.state.guard.admits(float(norm))
    loop.state.diverged(0)
    loop.save(10)
    again = Loop(tmp_path)
    assert torch.equal(again.state.guard.memory, loop.state.guard.memory)
    assert again.state.counts == loop.state.counts
    assert again.state.learning_rate_factor == 0.5


@pytest.mark.parametrize("norm", [float("nan"), float("inf"), float("-inf")])
def test_what_is_not_finite_is_never_admitted(norm):
    assert not GradientGuard().admits(norm)


def test_an_explosion_is_out_of_all_proportion_to_the_steps_before():
    guard = GradientGuard()
    assert all(guard.admits(norm) for norm in [1e-8, 1.0, 0.0, 100.0, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5])
    assert not guard.admits(1e5)
    assert guard.admits(5e4)  # a thousand times the longest of late
    assert guard.admits(1e7)


def test_a_start_of_zeros_keeps_nothing_out():
    guard = GradientGuard()
    assert all(guard.admits(0.0) for _ in range(20))
    assert guard.admits(3.0)
