"""The cells of the NAO search space, written out."""

import pytest
import torch
from torch import nn

from gtn_learners._variants import find_variant
from gtn_learners.nao._cell import Cell, Maps
from gtn_learners.nao._genotype import terms_of
from gtn_learners.nao._operations import FactorisedReduction

STANDARD = find_variant("standard")
#        two inputs     2 and 3        2 and 3        4 and 4        1 and 3; 5 and 6 stay unread
NUMBERS = (1, 0, 1, 2, 2, 6, 1, 1, 2, 10, 3, 4, 4, 3, 4, 8, 1, 5, 3, 0)


def cell_of(older, newer, numbers=NUMBERS, reduction=False):
    return Cell(numbers, older, newer, channels=4, reduction=reduction, variant=STANDARD).double()


def maps_like(maps, side=9):
    for _ in range(maps.halvings):
        side = -(-side // 2)
    return torch.randn(3, maps.channels, side, side, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("reduction", [False, True])
def test_computes_what_its_numbers_say(reduction):
    older, newer = Maps(4, 0), Maps(6, 0)
    cell = cell_of(older, newer, reduction=reduction)
    inputs = maps_like(older), maps_like(newer)
    states = [calibrate(maps) for calibrate, maps in zip(cell.calibrations, inputs, strict=True)]
    operations = iter(cell.operations)
    for (first, _), (second, _) in zip(terms_of(NUMBERS)[::2], terms_of(NUMBERS)[1::2], strict=True):
        states.append(next(operations)(states[first]) + next(operations)(states[second]))
    unread = [states[0], states[5], states[6]]
    if reduction:
        unread[0] = cell.endings[0](unread[0])
        assert isinstance(cell.endings[0], FactorisedReduction)
    torch.testing.assert_close(cell(*inputs), torch.cat(unread, dim=1))
    assert cell.output == (12, int(reduction))


def test_makes_its_inputs_equal():
    calibrations = [
        cell_of(older, newer).calibrations
        for older, newer in [
            (Maps(4, 1), Maps(4, 1)),
            (Maps(5, 1), Maps(6, 1)),
            (Maps(4, 0), Maps(4, 1)),
            (Maps(5, 0), Maps(6, 1)),
        ]
    ]
    kinds = [[[type(layer) for layer in module.children()] for module in pair] for pair in calibrations]
    convolution = [nn.ReLU, nn.Conv2d, nn.BatchNorm2d]
    reduction = [nn.ReLU, FactorisedReduction]
    assert kinds == [[[], []], [convolution, convolution], [reduction, []], [reduction, convolution]]


def test_only_operations_on_the_cells_inputs_have_a_stride():
    cell = cell_of(
        Maps(4, 0), Maps(4, 0), numbers=(0, 2, 1, 2, 2, 2, 1, 2, 2, 2, 3, 2, 4, 2, 4, 2, 5, 2, 3, 2), reduction=True
    )
    strides = [operation[1].stride[0] for operation in cell.operations]
    assert strides == [2, 2, 1, 2, 1, 1, 1, 1, 1, 1]


def test_a_cell_whose_states_are_all_read_returns_its_last_node():
    numbers = (0, 0, 1, 0, 2, 0, 2, 0, 3, 0, 3, 0, 4, 0, 4, 0, 5, 0, 5, 0)
    cell = cell_of(Maps(4, 0), Maps(4, 0), numbers=numbers)
    inputs = maps_like(Maps(4, 0)), maps_like(Maps(4, 0))
    torch.testing.assert_close(cell(*inputs), 16 * (inputs[0] + inputs[1]))


def test_drop_path_spares_identities():
    cell = cell_of(Maps(4, 0), Maps(4, 0), numbers=(0, 0, 1, 9) * 5)
    cell.drop_path.probability = 1 - 1e-12
    inputs = maps_like(Maps(4, 0)), maps_like(Maps(4, 0))
    torch.testing.assert_close(cell(*inputs), torch.cat([inputs[0]] * 5, dim=1))
    assert not torch.equal(cell.eval()(*inputs), torch.cat([inputs[0]] * 5, dim=1))
