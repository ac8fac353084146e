import copy

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from gtn_core.batch_norm import MeanOnlyBatchNorm
from gtn_core.functional_learner import FunctionalLearner
from gtn_core.inner_optimizers import SGD
from gtn_core.typing import Batch
from gtn_core.unroll import Unroll

STEPS = 3
NORMS = {
    "batch norm": lambda momentum: nn.BatchNorm2d(3, momentum=momentum),
    "instance norm": lambda momentum: nn.InstanceNorm2d(3, momentum=momentum, track_running_stats=True),
    "mean-only batch norm": lambda momentum: MeanOnlyBatchNorm(3),
}


def batch(step):
    generator = torch.Generator().manual_seed(step)
    return Batch(torch.randn(5, 2, 4, 4, generator=generator).double() + 1, torch.arange(5) % 3)


def images(count=7):
    return torch.randn(count, 2, 4, 4).double()


def network(*layers):
    return nn.Sequential(nn.Conv2d(2, 3, 3), *layers, nn.Flatten(), nn.Linear(12, 3)).double()


def unroll_of(module, mode="last_synthetic_batch", steps=STEPS, batches=batch, **options):
    return Unroll(FunctionalLearner(module, mode), steps, batches, SGD(STEPS, 0.3, 0.7).double(), **options)


def train_in_place(module, optimizer):
    torch_optimizer = torch.optim.SGD(module.parameters(), lr=0.0)
    module.train()
    for step in range(STEPS):
        group = torch_optimizer.param_groups[0]
        group["lr"], group["momentum"] = optimizer.learning_rate.at(step).item(), optimizer.momentum.at(step).item()
        torch_optimizer.zero_grad()
        F.cross_entropy(module(batch(step).images), batch(step).labels).backward()
        torch_optimizer.step()
    return module


class Diary(nn.Module):
    """Notes the value of a buffer that each training pass finds, then counts it up."""

    def __init__(self):
        super().__init__()
        self.register_buffer("count", torch.zeros((), dtype=torch.long))
        self.seen = []

    def forward(self, inputs):
        if self.training:
            self.seen.append(int(self.count))
            self.count += 1
        return inputs


def test_run_equals_training_in_place():
    module = network(nn.BatchNorm2d(3), nn.LeakyReLU(0.1))
    unroll = unroll_of(module)
    state = unroll.run()
    expected = train_in_place(copy.deepcopy(module), unroll.inner_optimizer)
    torch.testing.assert_close(state.parameters, dict(expected.named_parameters()), rtol=1e-10, atol=1e-12)
    torch.testing.assert_close(state.buffers, dict(expected.named_buffers()), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(("mode", "momentum"), [("last_synthetic_batch", 1.0), ("running", 0.1)])
@pytest.mark.parametrize("norm", NORMS)
def test_evaluates_like_the_stock_network_in_evaluation_mode(norm, mode, momentum):
    """With momentum 1 the running statistics of a stock layer are those of its last training batch."""
    module, real = network(NORMS[norm](momentum)), images()
    unroll = unroll_of(module, mode)
    logits = unroll.evaluate(unroll.run(), real)
    expected = train_in_place(copy.deepcopy(module), unroll.inner_optimizer).eval()(real)
    torch.testing.assert_close(logits, expected.detach(), rtol=1e-10, atol=1e-12)
    assert not logits.requires_grad


def test_in_batch_mode_evaluates_like_the_stock_network_in_training_mode():
    module, real = network(nn.BatchNorm2d(3)), images()
    unroll = unroll_of(module, "batch")
    logits = unroll.evaluate(unroll.run(), real)
    expected = train_in_place(copy.deepcopy(module), unroll.inner_optimizer).train()(real)
    torch.testing.assert_close(logits, expected.detach(), rtol=1e-10, atol=1e-12)


def test_visits_every_state_from_the_untrained_to_the_final_one():
    module, seen = network(MeanOnlyBatchNorm(3)), []
    unroll = unroll_of(module)
    final = unroll.run(lambda step, state: seen.append((step, state)))
    assert [step for step, _ in seen] == [0, 1, 2, 3]
    torch.testing.assert_close(seen[0][1].parameters, dict(module.named_parameters()), rtol=0, atol=0)
    assert seen[-1][1] is final
    for step in (1, 2):
        shorter = unroll_of(module, steps=step)
        real = images()
        assert torch.equal(unroll.evaluate(seen[step][1], real), shorter.evaluate(shorter.run(), real))


def test_an_unroll_of_no_steps_leaves_the_learner_untrained():
    module, real = network(nn.BatchNorm2d(3)), images()
    unroll = unroll_of(module, steps=0)
    assert torch.equal(unroll.evaluate(unroll.run(), real), module.eval()(real).detach())


def test_steps_beyond_the_schedule_hold_its_last_values():
    module = network()
    longer = unroll_of(module, steps=STEPS + 2).run()
    same_rates = SGD(1, 0.3, 0.7, per_step=False).double()
    expected = Unroll(FunctionalLearner(module), STEPS + 2, batch, same_rates).run()
    torch.testing.assert_close(longer.parameters, expected.parameters, rtol=0, atol=0)


def test_run_keeps_no_graph():
    state = unroll_of(network(nn.BatchNorm2d(3), nn.Dropout(0.3))).run()
    assert not any(tensor.requires_grad for group in state for tensor in group.values())


@pytest.mark.parametrize("memory", ["recompute", "store"])
def test_no_pass_finds_a_buffer_updated_twice(memory):
    diary = Diary()
    unroll = unroll_of(network(diary))
    unroll.meta_gradient(list(unroll.inner_optimizer.parameters()), {STEPS: batch(9)}, memory)
    rebuilt = [1, 0] if memory == "recompute" else []
    assert diary.seen == [0, 1, 2, *rebuilt]
    assert diary.count == 0


def test_rebuilds_only_the_steps_that_a_meta_loss_depends_on():
    asked = []

    def noted(step):
        asked.append(step)
        return batch(step)

    unroll = unroll_of(network(), batches=noted)
    unroll.meta_gradient(list(unroll.inner_optimizer.parameters()), {2: batch(9)})
    assert asked == [0, 1, 2, 1, 0]


def test_dropout_is_seeded_by_step_and_seed_alone():
    module = network(nn.Dropout(0.5))
    first = unroll_of(module, seed=1).run().parameters
    torch.rand(3)
    torch.testing.assert_close(unroll_of(module, seed=1).run().parameters, first, rtol=0, atol=0)
    assert not torch.equal(unroll_of(module, seed=2).run().parameters["0.weight"], first["0.weight"])


def test_the_batch_is_drawn_outside_the_seeded_pass():
    """A batch may use the global generator as it stands; an inner step leaves that generator as it finds it."""
    drawn = []

    def random_batch(step):
        drawn.append(torch.rand(()).item())
        return batch(step)

    unroll_of(network(nn.Dropout(0.5)), batches=random_batch).run()
    assert len(set(drawn)) == STEPS
