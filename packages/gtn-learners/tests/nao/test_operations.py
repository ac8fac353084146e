"""The operations of the NAO search space, written out."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from gtn_core.seeding import seeded
from gtn_learners._variants import find_variant
from gtn_learners.nao import OPERATIONS
from gtn_learners.nao._operations import DropPath, FactorisedReduction, build_operation

STANDARD = find_variant("standard")


def maps_like(*shape):
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


def normed(norm, maps):
    return F.batch_norm(maps, None, None, norm.weight, norm.bias, training=True)


@pytest.mark.parametrize("variant", ["standard", "gtn"])
@pytest.mark.parametrize("name", OPERATIONS)
@pytest.mark.parametrize("sides", [(8, 8), (7, 5), (2, 1), (1, 1)], ids=str)
def test_keeps_channels_and_divides_sides_rounding_up(name, variant, sides):
    for stride in (1, 2):
        maps = build_operation(name, 4, stride, find_variant(variant))(torch.randn(3, 4, *sides))
        assert maps.shape == (3, 4, *(-(-side // stride) for side in sides))
        assert maps.isfinite().all()


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("side", [2, 3, 5])
@pytest.mark.parametrize("kind", ["max", "avg"])
def test_a_pool_reads_the_window_around_or_right_below_each_pixel(kind, side, stride):
    inputs = maps_like(2, 3, 7, 6)
    pooled = build_operation(f"{kind}_pool_{side}x{side}", 3, stride, STANDARD)(inputs)
    before = (side - 1) // 2
    for row in range(pooled.shape[2]):
        for column in range(pooled.shape[3]):
            top, left = stride * row - before, stride * column - before
            window = inputs[:, :, max(top, 0) : top + side, max(left, 0) : left + side].flatten(2)
            expected = window.amax(2) if kind == "max" else window.sum(2) / side**2  # padding counts in averages
            torch.testing.assert_close(pooled[:, :, row, column], expected)


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("side", [1, 3])
def test_a_convolution_comes_after_its_activation_and_before_its_norm(side, stride):
    inputs = maps_like(4, 3, 7, 6)
    operation = build_operation(f"conv_{side}x{side}", 3, stride, STANDARD).double()
    _, convolution, norm = operation
    maps = F.conv2d(F.relu(inputs), convolution.weight, stride=stride, padding=side // 2)
    torch.testing.assert_close(operation(inputs), normed(norm, maps))


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("length", [3, 7])
def test_a_factored_convolution_is_two(length, stride):
    inputs = maps_like(4, 3, 7, 6)
    operation = build_operation(f"conv_1x{length}_{length}x1", 3, stride, STANDARD).double()
    (_, rows, first), (_, columns, second) = operation
    maps = normed(first, F.conv2d(F.relu(inputs), rows.weight, stride=(1, stride), padding=(0, length // 2)))
    maps = normed(second, F.conv2d(F.relu(maps), columns.weight, stride=(stride, 1), padding=(length // 2, 0)))
    torch.testing.assert_close(operation(inputs), maps)


def test_the_identity_is_one_unless_it_halves():
    inputs = maps_like(4, 3, 7, 6)
    assert build_operation("identity", 3, 1, STANDARD)(inputs) is inputs
    assert isinstance(build_operation("identity", 3, 2, STANDARD), FactorisedReduction)


@pytest.mark.parametrize("sides", [(8, 6), (7, 5), (5, 1), (1, 1)], ids=str)
def test_a_factorised_reduction_reads_pixels_0_2_4_and_1_3_5(sides):
    inputs = maps_like(4, 3, *sides)
    reduction = FactorisedReduction(3, 5, STANDARD).double()
    even = inputs[:, :, ::2, ::2]
    height, width = even.shape[2:]
    odd = torch.zeros_like(even)
    beside = inputs[:, :, (1 if sides[0] > 1 else 0) :: 2, (1 if sides[1] > 1 else 0) :: 2]
    odd[:, :, : beside.shape[2], : beside.shape[3]] = beside
    maps = torch.cat([F.conv2d(even, reduction.first.weight), F.conv2d(odd, reduction.second.weight)], dim=1)
    assert [len(reduction.first.weight), len(reduction.second.weight)] == [2, 3]
    assert maps.shape == (4, 5, height, width)
    torch.testing.assert_close(reduction(inputs), normed(reduction.norm, maps))


def test_drop_path_leaves_out_whole_examples_and_keeps_the_expectation():
    drop_path = DropPath()
    inputs = torch.ones(4000, 2, 3, 3)
    assert drop_path(inputs) is inputs
    drop_path.probability = 0.25
    with seeded(0):
        outputs = drop_path(inputs)
    kept = outputs[:, 0, 0, 0]
    assert torch.equal(outputs, kept.view(-1, 1, 1, 1).expand_as(outputs))
    assert sorted(set(kept.tolist())) == pytest.approx([0.0, 1 / 0.75])
    assert (kept == 0).float().mean().item() == pytest.approx(0.25, abs=0.03)
    assert drop_path.eval()(inputs) is inputs


def test_drop_path_is_each_cells_own():
    first, second = DropPath(), DropPath()
    first.probability = 0.5
    assert second.probability == 0.0
    assert isinstance(first, nn.Module)
