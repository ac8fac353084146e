"""The cell and the reduction block, written out."""

import pytest
import torch
import torch.nn.functional as F

from gtn_learners._variants import find_variant
from gtn_learners.nb201 import Genotype
from gtn_learners.nb201._cell import Cell, ReductionBlock


def activated(convolution, maps, **options):
    _, convolution, norm = convolution
    maps = F.conv2d(F.relu(maps), convolution.weight, **options)
    return F.batch_norm(maps, None, None, norm.weight, norm.bias, training=True)


def maps_like(*shape):
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


def test_a_cell_computes_what_its_genotype_says():
    text = "|nor_conv_3x3~0|+|avg_pool_3x3~0|nor_conv_1x1~1|+|skip_connect~0|none~1|nor_conv_3x3~2|"
    cell = Cell(Genotype.parse(text), 4, find_variant("standard")).double()
    inputs = maps_like(3, 4, 7, 5)
    operations = cell.operations
    first = activated(operations["0_to_1"], inputs, padding=1)
    counts = F.avg_pool2d(torch.ones_like(inputs), 3, 1, padding=1)  # padding does not count in averages
    pooled = F.avg_pool2d(inputs, 3, 1, padding=1) / counts
    second = pooled + activated(operations["1_to_2"], first)
    torch.testing.assert_close(cell(inputs), inputs + activated(operations["2_to_3"], second, padding=1))


def test_a_node_without_inputs_is_zero():
    cell = Cell(
        Genotype.parse("|none~0|+|none~0|none~1|+|skip_connect~0|skip_connect~1|skip_connect~2|"),
        4,
        find_variant("gtn"),
    )
    inputs = torch.randn(2, 4, 3, 3)
    assert torch.equal(cell(inputs), inputs)


@pytest.mark.parametrize(("sides", "halves"), [((8, 6), (4, 3)), ((7, 9), (4, 5)), ((1, 1), (1, 1))], ids=str)
def test_a_reduction_block_computes_what_its_docstring_describes(sides, halves):
    block = ReductionBlock(3, 5, find_variant("standard")).double()
    inputs = maps_like(4, 3, *sides)
    first, second = block.layers
    maps = activated(second, activated(first, inputs, padding=1, stride=2), padding=1)
    shortcut = F.conv2d(F.avg_pool2d(inputs, 2, ceil_mode=True), block.shortcut[1].weight)
    torch.testing.assert_close(block(inputs), maps + shortcut)
    assert block(inputs).shape == (4, 5, *halves)
