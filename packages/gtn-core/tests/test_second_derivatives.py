import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.autograd import gradcheck, gradgradcheck
from torch.func import functional_call
from torch.nn.utils.parametrizations import weight_norm

from gtn_core._second_derivatives import second_derivatives


@pytest.mark.parametrize("dim", [0, 1, -1, None])
@pytest.mark.parametrize("kind", ["linear", "convolution"])
def test_weight_norm_has_right_second_derivatives(kind, dim):
    layer = weight_norm((nn.Linear(3, 4) if kind == "linear" else nn.Conv2d(3, 2, 2)).double(), dim=dim)
    inputs = torch.randn((2, 3) if kind == "linear" else (2, 3, 2, 2)).double()
    parameters = dict(layer.named_parameters())

    def outputs(*values):
        with second_derivatives():
            return functional_call(layer, dict(zip(parameters, values, strict=True)), inputs)

    assert gradgradcheck(outputs, tuple(parameters.values()))
    torch.testing.assert_close(outputs(*parameters.values()), layer(inputs), rtol=1e-12, atol=1e-12)


def test_attention_has_right_second_derivatives():
    def attention(query, key, value):
        with second_derivatives():
            return F.scaled_dot_product_attention(query, key, value)

    assert gradgradcheck(
        attention, [torch.randn(1, 2, 3, 4, dtype=torch.float64, requires_grad=True) for _ in range(3)]
    )


def within(function, *arguments, **options):
    with second_derivatives():
        return function(*arguments, **options)


def first_and_second(outputs, tensors):
    """Gradients, and gradients of a combination of them, for random adjoints that are the same at every call."""
    random = torch.Generator().manual_seed(0)
    adjoint = torch.randn(outputs.shape, generator=random, dtype=outputs.dtype).requires_grad_()
    first = torch.autograd.grad(outputs, tensors, adjoint, create_graph=True)
    combined = sum((torch.randn(one.shape, generator=random, dtype=one.dtype) * one).sum() for one in first)
    return first, torch.autograd.grad(combined, [*tensors, adjoint], allow_unused=True)


@given(
    shape=st.sampled_from([(5, 3), (4, 2, 6), (3, 2, 4, 5), (2, 2, 2, 3, 2)]),
    affine=st.booleans(),
    tracked=st.booleans(),
    eps=st.sampled_from([1e-5, 0.1]),
    channels_last=st.booleans(),
)
def test_batch_norm_equals_torchs_to_the_second_derivative(shape, affine, tracked, eps, channels_last):
    inputs = 2 * torch.randn(shape, dtype=torch.float64) + 1
    if channels_last and len(shape) == 4:
        inputs = inputs.to(memory_format=torch.channels_last)
    inputs.requires_grad_()
    scales = [torch.randn(shape[1], dtype=torch.float64, requires_grad=True) for _ in range(2 * affine)]
    weight, bias = scales or (None, None)
    found, expected = [], []
    for results, call in ((found, within), (expected, lambda function, *arguments: function(*arguments))):
        running = [torch.zeros(shape[1]).double(), torch.ones(shape[1]).double()] if tracked else [None, None]
        outputs = call(F.batch_norm, inputs, *running, weight, bias, True, 0.3, eps)
        results += [outputs, *first_and_second(outputs, [inputs, *scales]), running]
    torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-10)


def test_batch_norm_passes_finite_differences():
    tensors = [torch.randn(shape).double().requires_grad_() for shape in [(3, 2, 2, 2), (2,), (2,)]]

    def outputs(inputs, weight, bias):
        return within(F.batch_norm, inputs, None, None, weight, bias, True)

    assert gradcheck(outputs, tensors)
    assert gradgradcheck(outputs, tensors)


def test_third_derivatives_of_batch_norm_are_refused_not_wrong():
    inputs = torch.randn(4, 2, requires_grad=True)
    (first,) = torch.autograd.grad(
        within(F.batch_norm, inputs, None, None, None, None, True).pow(3).sum(), inputs, create_graph=True
    )
    (second,) = torch.autograd.grad(first.pow(2).sum(), inputs, create_graph=True)
    with pytest.raises(RuntimeError, match="once_differentiable"):
        second.sum().backward()


@pytest.mark.parametrize("shape", [(1, 3), (1, 3, 1, 1)], ids=str)
def test_batch_norm_of_a_single_value_is_refused_as_by_torch(shape):
    with pytest.raises(ValueError, match="Expected more than 1 value per channel"):
        within(F.batch_norm, torch.randn(shape), None, None, None, None, True)


@given(
    sides=st.tuples(st.integers(2, 7), st.integers(2, 7)),
    options=st.sampled_from([{}, {"stride": 2}, {"ceil_mode": True}, {"stride": 1}, {"padding": 1}, {"dilation": 2}]),
    ties=st.booleans(),
    transposed=st.booleans(),
)
def test_max_pooling_equals_torchs_to_the_second_derivative(sides, options, ties, transposed):
    options = {**options, "padding": 1} if "dilation" in options else options
    images = torch.randn(2, 3, *sides, dtype=torch.float64)
    images = images.round() if ties else images
    images = (images.transpose(2, 3) if transposed else images).requires_grad_()
    found, expected = within(F.max_pool2d, images, 2, **options), F.max_pool2d(images, 2, **options)
    assert torch.equal(found, expected)
    for one, other in zip(
        first_and_second(found.sin(), [images]), first_and_second(expected.sin(), [images]), strict=True
    ):
        torch.testing.assert_close(one, other, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("place", range(4))
@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_max_pooling_keeps_what_is_not_finite(value, place):
    images = torch.randn(1, 1, 2, 2)
    images.view(-1)[place] = value
    torch.testing.assert_close(within(F.max_pool2d, images, 2), F.max_pool2d(images, 2), equal_nan=True)


def test_max_pooling_of_one_image_or_with_indices_is_torchs():
    image = torch.randn(3, 4, 4)
    assert torch.equal(within(F.max_pool2d, image, 2), F.max_pool2d(image, 2))
    _, places = within(F.max_pool2d, image[None], 2, return_indices=True)
    assert torch.equal(places, F.max_pool2d(image[None], 2, return_indices=True)[1])


@pytest.mark.parametrize(("layer", "operation"), [(nn.MaxPool2d(2), "max_pool2d"), (nn.BatchNorm2d(3), "batch_norm")])
def test_stock_layers_run_the_cpu_versions(layer, operation):
    """They agree with torch's own, so only the graph can tell them apart."""

    def names(function):
        return type(function(torch.randn(2, 3, 4, 4, requires_grad=True)).grad_fn).__name__

    own = names(lambda images: within(layer, images))
    assert own != names(layer)
    assert own == {"max_pool2d": "ViewBackward0", "batch_norm": "_BatchNormBackward"}[operation]
