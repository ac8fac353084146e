import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.autograd import gradcheck, gradgradcheck

from gtn_core.batch_norm import (
    DifferentiableStatistics,
    MeanOnlyBatchNorm,
    by_evaluation_batch,
    normalization_layers,
    recorded,
)

SHAPES = st.tuples(st.integers(2, 4), st.integers(1, 3)).flatmap(
    lambda start: st.lists(st.integers(1, 3), max_size=3).map(lambda rest: (*start, *rest))
)


def images(*shape):
    return torch.randn(*(shape or (4, 3, 5, 5)), dtype=torch.float64) * 2 + 1


STOCK = {"batch norm": nn.BatchNorm2d, "instance norm": nn.InstanceNorm2d, "synchronised batch norm": nn.SyncBatchNorm}


class Frozen(nn.BatchNorm2d):
    """Stays in evaluation mode, as batch norm often does in fine-tuning."""

    def train(self, mode=True):
        return super().train(False)


# --- Mean-only batch norm ---


@given(SHAPES, st.integers(0, 100))
def test_mean_only_centres_each_channel_on_its_bias(shape, seed):
    inputs = torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    layer = MeanOnlyBatchNorm(shape[1]).double()
    layer.bias.data.copy_(torch.arange(shape[1]))
    outputs = layer(inputs)
    assert outputs.shape == inputs.shape
    torch.testing.assert_close(outputs.transpose(0, 1).flatten(1).mean(1), layer.bias)
    torch.testing.assert_close(layer.running_mean, inputs.transpose(0, 1).flatten(1).mean(1))
    torch.testing.assert_close(outputs[0] - outputs[1], inputs[0] - inputs[1])


def test_mean_only_uses_the_last_training_batch_in_evaluation_mode():
    layer = MeanOnlyBatchNorm(3).double()
    layer(images())
    last, real = images(), images(2, 3, 5, 5)
    expected = layer(last)
    torch.testing.assert_close(layer.eval()(last), expected)
    torch.testing.assert_close(layer(real), real - last.mean((0, 2, 3)).view(1, 3, 1, 1))


def test_mean_only_has_right_first_and_second_derivatives():
    layer, inputs = MeanOnlyBatchNorm(2).double(), images(3, 2, 2).requires_grad_()
    assert gradcheck(lambda x, b: F.softplus(torch.func.functional_call(layer, {"bias": b}, x)), (inputs, layer.bias))
    assert gradgradcheck(
        lambda x, b: F.softplus(torch.func.functional_call(layer, {"bias": b}, x)), (inputs, layer.bias)
    )
    assert not layer.running_mean.requires_grad


# --- Which layers count ---


def test_finds_every_layer_with_running_statistics_once():
    shared = nn.BatchNorm2d(3)
    network = nn.Sequential(
        shared,
        nn.Sequential(MeanOnlyBatchNorm(3), shared),
        nn.InstanceNorm2d(3, track_running_stats=True),
        nn.InstanceNorm2d(3),
        nn.BatchNorm2d(3, track_running_stats=False),
        nn.SyncBatchNorm(3),
        nn.GroupNorm(1, 3),
        Frozen(3),
    )
    assert list(normalization_layers(network)) == ["0", "1.0", "2", "5", "7"]


# --- Recording ---


@pytest.mark.parametrize("name", [*STOCK, "mean-only batch norm"])
def test_records_what_the_layer_keeps_with_momentum_one(name):
    layer = MeanOnlyBatchNorm(3) if name not in STOCK else STOCK[name](3, momentum=1.0, track_running_stats=True)
    layer.double()
    inputs = images().requires_grad_()
    with recorded({"norm": layer}) as statistics:
        layer(inputs)
    kept = {f"norm.{name}": buffer for name, buffer in layer.named_buffers() if name != "num_batches_tracked"}
    torch.testing.assert_close(statistics, kept)
    assert all(torch.autograd.grad(value.sum(), inputs, retain_graph=True)[0].any() for value in statistics.values())


@pytest.mark.parametrize("shape", [(5, 3), (5, 3, 4), (5, 3, 2, 2, 2)])
def test_records_for_any_number_of_dimensions(shape):
    layer = {2: nn.BatchNorm1d, 3: nn.BatchNorm1d, 5: nn.BatchNorm3d}[len(shape)](3, momentum=1.0).double()
    with recorded({"norm": layer}) as statistics:
        layer(images(*shape))
    torch.testing.assert_close(statistics["norm.running_mean"], layer.running_mean)
    torch.testing.assert_close(statistics["norm.running_var"], layer.running_var)


def test_records_the_latest_run_however_the_layer_is_called():
    layer = nn.BatchNorm2d(3, momentum=1.0).double()
    with recorded({"norm": layer}) as statistics:
        layer(images())
        layer(input=images() * 3)
    torch.testing.assert_close(statistics["norm.running_mean"], layer.running_mean)


def test_records_nothing_in_evaluation_mode_nor_after_the_body():
    layer = nn.BatchNorm2d(3).double()
    with recorded({"norm": layer}) as statistics:
        layer.eval()(images())
    layer.train()(images())
    assert statistics == {}


# --- Normalising by given statistics ---


@pytest.mark.parametrize("affine", [True, False], ids=["affine", "not affine"])
@pytest.mark.parametrize("name", STOCK)
def test_differentiable_statistics_give_the_values_of_the_native_layer(name, affine):
    layer = STOCK[name](3, eps=0.1, affine=affine, track_running_stats=True).double().eval()
    for parameter in layer.parameters():
        nn.init.normal_(parameter)
    inputs = images().requires_grad_()
    statistics = {"running_mean": torch.randn(3).double(), "running_var": torch.rand(3).double() + 0.1}
    expected = torch.func.functional_call(layer, statistics, inputs)
    leaves = {name: value.clone().requires_grad_() for name, value in statistics.items()}
    with DifferentiableStatistics():
        found = torch.func.functional_call(layer, leaves, inputs)
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12)
    known = [inputs, *layer.parameters()]
    gradients = [torch.autograd.grad((output**2).sum(), known, retain_graph=True) for output in (found, expected)]
    torch.testing.assert_close(*gradients, rtol=1e-10, atol=1e-10)
    assert all(torch.autograd.grad((found**2).sum(), value, retain_graph=True)[0].all() for value in leaves.values())


def test_gradients_of_differentiable_statistics_are_right():
    inputs, mean, variance = images(3, 2, 2), torch.randn(2).double(), torch.rand(2).double() + 0.5
    weight, bias = torch.randn(2, 2).double()

    def normalized(*tensors):
        with DifferentiableStatistics():
            return F.batch_norm(*tensors)

    assert gradcheck(normalized, [tensor.requires_grad_() for tensor in (inputs, mean, variance, weight, bias)])


def test_differentiable_statistics_leave_training_and_constants_to_torch():
    layer = nn.BatchNorm2d(3).double()
    inputs = images()
    expected = nn.BatchNorm2d(3).double()(inputs)
    with DifferentiableStatistics():
        assert torch.equal(layer(inputs), expected)
        assert layer.num_batches_tracked == 1
        assert torch.equal(
            layer.eval()(inputs), F.batch_norm(inputs, layer.running_mean, layer.running_var, layer.weight, layer.bias)
        )


# --- Normalising by the evaluation batch ---


def test_by_evaluation_batch_only_the_norm_layers_are_in_training_mode():
    network = nn.Sequential(nn.Conv2d(3, 3, 1), nn.BatchNorm2d(3), nn.Dropout(), MeanOnlyBatchNorm(3), Frozen(3))
    with by_evaluation_batch(network, normalization_layers(network)):
        assert [layer.training for layer in network] == [False, True, False, True, False]
    assert not any(layer.training for layer in network.modules())
