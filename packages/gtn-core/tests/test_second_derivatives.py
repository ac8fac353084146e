import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.autograd import gradgradcheck
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
