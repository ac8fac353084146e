"""The networks of NAS-Bench-201 against the benchmark's published counts."""

import csv
import os

import pytest
import torch
from torch import nn

from gtn_learners import count_flops, count_parameters
from gtn_learners.nb201 import build_network, random_genotype
from gtn_learners.nb201._cell import Cell, ReductionBlock

PUBLISHED = {
    "|avg_pool_3x3~0|+|skip_connect~0|none~1|+|nor_conv_1x1~0|avg_pool_3x3~1|nor_conv_1x1~2|": (129_306, 19_248_832),
    "|nor_conv_3x3~0|+|avg_pool_3x3~0|skip_connect~1|+|skip_connect~0|nor_conv_1x1~1|nor_conv_3x3~2|": (
        587_386,
        85_235_392,
    ),
    "|avg_pool_3x3~0|+|none~0|nor_conv_1x1~1|+|nor_conv_1x1~0|nor_conv_1x1~1|nor_conv_1x1~2|": (185_306, 26_683_072),
    "|nor_conv_1x1~0|+|none~0|nor_conv_1x1~1|+|nor_conv_3x3~0|nor_conv_3x3~1|nor_conv_1x1~2|": (643_386, 92_669_632),
    "|nor_conv_1x1~0|+|skip_connect~0|skip_connect~1|+|none~0|nor_conv_1x1~1|nor_conv_1x1~2|": (157_306, 21_030_592),
    "|avg_pool_3x3~0|+|nor_conv_3x3~0|avg_pool_3x3~1|+|avg_pool_3x3~0|avg_pool_3x3~1|avg_pool_3x3~2|": (
        316_346,
        50_214_592,
    ),
    "|nor_conv_3x3~0|+|skip_connect~0|skip_connect~1|+|skip_connect~0|nor_conv_3x3~1|nor_conv_3x3~2|": (
        802_426,
        115_402_432,
    ),
    "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|nor_conv_1x1~0|none~1|skip_connect~2|": (830_426, 119_764_672),
    "|nor_conv_3x3~0|+|avg_pool_3x3~0|nor_conv_3x3~1|+|nor_conv_3x3~0|nor_conv_3x3~1|nor_conv_3x3~2|": (
        1_288_506,
        188_331_712,
    ),
    "|none~0|+|nor_conv_1x1~0|none~1|+|avg_pool_3x3~0|none~1|nor_conv_1x1~2|": (129_306, 17_958_592),
    "|skip_connect~0|+|avg_pool_3x3~0|skip_connect~1|+|avg_pool_3x3~0|skip_connect~1|avg_pool_3x3~2|": (
        73_306,
        11_814_592,
    ),
    "|nor_conv_3x3~0|+|skip_connect~0|skip_connect~1|+|none~0|none~1|skip_connect~2|": (316_346, 43_763_392),
}
"""Parameters and FLOPs on CIFAR-10, in full, from NAS-Bench-Suite-Zero (Krishnakumar et al., 2022)."""

TABLE = os.environ.get("GTN_NB201_TABLE")
"""A CSV of any number of architectures: genotype, params_m, flops_m (millions, to six digits)."""


def counts(genotype):
    network = build_network(genotype, channels=16, cells=5, classes=10)
    return count_parameters(network), count_flops(network, (3, 32, 32))


@pytest.mark.parametrize("genotype", PUBLISHED)
def test_has_the_published_counts(genotype):
    assert counts(genotype) == PUBLISHED[genotype]


if TABLE:

    @pytest.mark.slow
    def test_has_the_counts_of_a_whole_table():
        """The last of the table's six digits may be off by what rounding and averaging of published counts leave."""
        with open(TABLE, newline="") as file:
            rows = list(csv.DictReader(file))
        worst = [0.0, 0.0]
        for row in rows:
            for index, (ours, name) in enumerate(zip(counts(row["genotype"]), ("params_m", "flops_m"), strict=True)):
                worst[index] = max(worst[index], abs(float(row[name]) * 1e6 / ours - 1))
        print(f"{len(rows)} architectures: largest relative deviation {worst[0]:.1e} parameters, {worst[1]:.1e} FLOPs")
        assert rows
        assert max(worst) < 5e-6


def test_has_cells_in_three_stages_and_a_block_between_them():
    network = build_network(random_genotype(1), channels=4, cells=2, classes=10)
    seen = []
    for layer in network:
        layer.register_forward_hook(lambda layer, _, maps: seen.append((type(layer), *maps.shape[1:])))
    network(torch.zeros(2, 3, 28, 28))
    assert [entry for entry in seen if entry[0] in (Cell, ReductionBlock)] == [
        *[(Cell, 4, 28, 28)] * 2,
        (ReductionBlock, 8, 14, 14),
        *[(Cell, 8, 14, 14)] * 2,
        (ReductionBlock, 16, 7, 7),
        *[(Cell, 16, 7, 7)] * 2,
    ]
    assert [type(layer) for layer in network[-5:]] == [
        nn.BatchNorm2d,
        nn.ReLU,
        nn.AdaptiveAvgPool2d,
        nn.Flatten,
        nn.Linear,
    ]


def test_every_parameter_that_a_path_takes_gets_a_finite_gradient():
    for seed in range(20):
        genotype = random_genotype(seed).pruned()
        network = build_network(genotype, channels=4, cells=1, classes=10, variant="gtn")
        network(torch.randn(4, 3, 8, 8, generator=torch.Generator().manual_seed(seed))).square().sum().backward()
        for parameter in network.parameters():
            assert parameter.grad is not None or not genotype.connected
            assert parameter.grad is None or parameter.grad.isfinite().all()
