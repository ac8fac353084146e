import copy

import pytest
import torch
from torch import nn
from torch.nn.utils.parametrizations import weight_norm

from gtn_core.errors import LearnerError
from gtn_core.functional_learner import FunctionalLearner


def images(count=4):
    return torch.randn(count, 1, 3, 3)


class Buffers(nn.Module):
    """Changes one buffer in place, assigns another, and leaves a third alone."""

    def __init__(self):
        super().__init__()
        self.register_buffer("in_place", torch.zeros(2))
        self.register_buffer("assigned", torch.zeros(()), persistent=False)
        self.register_buffer("constant", torch.ones(()))
        self.linear = nn.Linear(9, 2)

    def forward(self, inputs):
        if self.training:
            self.in_place += 1
            self.assigned = self.linear.weight.sum()
        return self.linear(inputs.flatten(1)) * self.constant


class Tied(nn.Module):
    """One weight in two modules, one module under two names."""

    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Linear(9, 9), nn.Linear(9, 9, bias=False)
        self.second.weight = self.first.weight
        self.again = self.first
        self.head = nn.Linear(9, 2)

    def forward(self, inputs):
        return self.head(self.again(self.second(self.first(inputs.flatten(1)))))


def weight_normalised():
    return nn.Sequential(nn.Flatten(), weight_norm(nn.Linear(9, 2)))


def test_reads_copies_of_trainable_parameters_and_buffers():
    module = nn.Sequential(nn.Flatten(), nn.BatchNorm1d(9), nn.Linear(9, 2))
    module[2].bias.requires_grad_(False)
    learner = FunctionalLearner(module)
    assert list(learner.parameters()) == ["1.weight", "1.bias", "2.weight"]
    assert list(learner.buffers()) == ["1.running_mean", "1.running_var", "1.num_batches_tracked"]
    for tensor in (*learner.parameters().values(), *learner.buffers().values()):
        assert not tensor.requires_grad
        tensor.add_(1)
    assert not torch.equal(learner.parameters()["2.weight"], module[2].weight + 1)
    assert not learner.buffers()["1.num_batches_tracked"]


def test_runs_on_the_values_it_is_given():
    module = nn.Sequential(nn.Flatten(), nn.Linear(9, 2))
    learner, batch = FunctionalLearner(module), images()
    weight, bias = torch.randn(2, 9, requires_grad=True), torch.randn(2, requires_grad=True)
    given = {"1.weight": weight, "1.bias": bias}
    expected = batch.flatten(1) @ weight.T + bias
    torch.testing.assert_close(learner.train_logits(given, {}, batch)[0], expected)
    torch.testing.assert_close(learner.evaluate_logits(given, {}, {}, batch), expected)
    learner.train_logits(given, {}, batch)[0].sum().backward()
    assert weight.grad is not None
    assert module[1].weight.grad is None


def test_frozen_parameters_are_those_of_the_module():
    module = nn.Sequential(nn.Flatten(), nn.Linear(9, 2))
    module[1].bias.requires_grad_(False)
    logits, _, _ = FunctionalLearner(module).train_logits({"1.weight": torch.zeros(2, 9)}, {}, images())
    assert torch.equal(logits, module[1].bias.expand(4, 2))


def test_changed_buffers_come_back_as_constants_and_the_given_ones_stay():
    module = Buffers()
    learner = FunctionalLearner(module)
    parameters = {name: tensor.requires_grad_() for name, tensor in learner.parameters().items()}
    given = learner.buffers()
    _, after, _ = learner.train_logits(parameters, given, images())
    assert after["in_place"].tolist() == [1, 1]
    assert after["assigned"] == parameters["linear.weight"].sum()
    assert after["constant"] == 1
    assert not any(tensor.requires_grad for tensor in after.values())
    assert not any(given[name].any() for name in ("in_place", "assigned"))
    assert not any(learner.buffers()[name].any() for name in ("in_place", "assigned"))


def test_a_tied_parameter_appears_once_and_acts_everywhere():
    module = Tied()
    learner, batch = FunctionalLearner(module), images()
    assert list(learner.parameters()) == ["first.weight", "first.bias", "head.weight", "head.bias"]
    values = {name: torch.randn_like(tensor) for name, tensor in learner.parameters().items()}
    other = copy.deepcopy(module)
    other.load_state_dict(
        {**values, "second.weight": values["first.weight"]}
        | {f"again.{k}": values[f"first.{k}"] for k in ("weight", "bias")}
    )
    torch.testing.assert_close(learner.train_logits(values, {}, batch)[0], other(batch))


@pytest.mark.parametrize("make", [Tied, Buffers, weight_normalised])
def test_a_call_leaves_the_module_as_it_was(make):
    module = make()
    objects = {**dict(module.named_parameters(remove_duplicate=False)), **dict(module.named_buffers())}
    values = copy.deepcopy(module.state_dict())
    learner = FunctionalLearner(module)
    given = {name: torch.randn_like(tensor, requires_grad=True) for name, tensor in learner.parameters().items()}
    learner.train_logits(given, learner.buffers(), images())
    learner.evaluate_logits(given, learner.buffers(), {}, images())
    now = {**dict(module.named_parameters(remove_duplicate=False)), **dict(module.named_buffers())}
    assert all(now[name] is tensor for name, tensor in objects.items())
    assert all(torch.equal(values[name], tensor) for name, tensor in module.state_dict().items())


def test_a_failing_network_is_left_as_it_was():
    module = nn.Sequential(nn.Flatten(), nn.BatchNorm1d(9), nn.Linear(8, 2))
    parameters = dict(module.named_parameters())
    learner = FunctionalLearner(module)
    with pytest.raises(LearnerError, match="does not run on images"):
        learner.train_logits(learner.parameters(), learner.buffers(), images(), record_statistics=True)
    assert all(dict(module.named_parameters())[name] is parameter for name, parameter in parameters.items())
    assert not module[1]._forward_pre_hooks
    assert not module[1].num_batches_tracked


def test_trains_in_training_mode_and_judges_in_evaluation_mode():
    module = nn.Sequential(nn.Flatten(), nn.Linear(9, 2), nn.Dropout(0.5))
    learner, batch = FunctionalLearner(module), images(64)
    assert (learner.train_logits(learner.parameters(), {}, batch)[0] == 0).any()
    assert (learner.evaluate_logits(learner.parameters(), {}, {}, batch) != 0).all()


def test_refuses_a_learner_with_nothing_to_train():
    for module in (nn.Flatten(), nn.Sequential(nn.Flatten(), nn.Linear(9, 2)).requires_grad_(False)):
        with pytest.raises(LearnerError, match="nothing to train"):
            FunctionalLearner(module)


def test_refuses_lazy_parameters_until_they_have_seen_images():
    module = nn.Sequential(nn.LazyConv2d(2, 3), nn.LazyBatchNorm2d(), nn.Flatten(), nn.Linear(2, 2))
    with pytest.raises(LearnerError, match="lazy parameters: run it once"):
        FunctionalLearner(module)
    module(images())
    assert FunctionalLearner(module).parameters()["1.weight"].shape == (2,)


@pytest.mark.parametrize(
    ("layers", "classes", "message"),
    [
        ([nn.Conv2d(1, 2, 3)], None, r"logits \[4, classes\]; this one returned shape \[4, 2, 1, 1\]"),
        ([nn.Flatten(), nn.Linear(9, 2)], 3, r"logits \[4, 3\]; this one returned shape \[4, 2\]"),
        ([nn.Flatten(0, 2), nn.Linear(3, 2)], 2, r"logits \[4, 2\]; this one returned shape \[12, 2\]"),
        ([nn.Flatten(), nn.GRU(9, 2)], 2, r"logits \[4, 2\]; this one returned a tuple"),
    ],
    ids=["maps", "too few classes", "other examples", "tuple"],
)
def test_refuses_what_are_not_logits(layers, classes, message):
    learner = FunctionalLearner(nn.Sequential(*layers), classes=classes)
    with pytest.raises(LearnerError, match=message):
        learner.train_logits(learner.parameters(), learner.buffers(), images())


def test_knows_statistics_only_where_they_are_used():
    module = nn.Sequential(nn.Flatten(), nn.BatchNorm1d(9), nn.Linear(9, 2))
    for mode, keys in [
        ("last_synthetic_batch", {"1.running_mean", "1.running_var"}),
        ("running", set()),
        ("batch", set()),
    ]:
        learner = FunctionalLearner(module, mode)
        _, _, statistics = learner.train_logits(
            learner.parameters(), learner.buffers(), images(), record_statistics=True
        )
        assert statistics.keys() == keys
        assert not learner.train_logits(learner.parameters(), learner.buffers(), images())[2]
