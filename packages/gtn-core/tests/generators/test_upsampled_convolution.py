import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from torch.autograd import gradcheck

from gtn_core.generators._upsampled_convolution import UpsampledConvolution


def composed(layer, maps, size):
    large = F.interpolate(maps, size, mode="nearest")
    return F.conv2d(F.pad(large, (1, 1, 1, 1), mode="reflect"), layer.weight, layer.bias)


@given(sides=st.tuples(st.integers(2, 6), st.integers(2, 6)), odd=st.tuples(st.booleans(), st.booleans()))
def test_equals_upsampling_padding_and_convolution(sides, odd):
    size = (2 * sides[0] - odd[0], 2 * sides[1] - odd[1])
    layer = UpsampledConvolution(3, 2, size, bias=True).double()
    maps = torch.randn(2, 3, *sides, dtype=torch.float64, requires_grad=True)
    found, expected = layer(maps), composed(layer, maps, size)
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12)
    wanted, adjoint = (maps, layer.weight, layer.bias), torch.randn_like(expected)
    for one, other in zip(
        torch.autograd.grad(found, wanted, adjoint), torch.autograd.grad(expected, wanted, adjoint), strict=True
    ):
        torch.testing.assert_close(one, other, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("size", [(6, 4), (5, 4)], ids=["doubling", "not doubling"])
def test_gradients(size):
    layer = UpsampledConvolution(2, 1, size).double()
    maps = torch.randn(1, 2, 3, 2, dtype=torch.float64, requires_grad=True)

    def outputs(maps, weight):
        return torch.func.functional_call(layer, {"weight": weight}, maps)

    assert gradcheck(outputs, (maps, layer.weight))
