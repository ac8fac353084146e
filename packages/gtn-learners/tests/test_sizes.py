"""Drawing widths and halving sides."""

import pytest
import torch

from gtn_learners._sizes import draw_widths, halved


def test_both_ends_of_a_range_are_drawn_and_nothing_else():
    generator = torch.Generator().manual_seed(0)
    assert {draw_widths(generator, (3, 6))[0] for _ in range(100)} == {3, 4, 5, 6}


def test_ranges_are_drawn_one_after_the_other():
    one, other = torch.Generator().manual_seed(0), torch.Generator().manual_seed(0)
    assert draw_widths(one, (1, 99), (2, 50)) == [*draw_widths(other, (1, 99)), *draw_widths(other, (2, 50))]


@pytest.mark.parametrize("side", range(1, 34))
def test_halved_is_what_strided_convolutions_do(side):
    convolution = torch.nn.Conv2d(1, 1, 3, stride=2, padding=1)
    maps = torch.zeros(1, 1, side, 1)
    for times in range(4):
        assert halved(side, times) == maps.shape[2]
        maps = convolution(maps)
