import pytest
from matplotlib.figure import Figure

from gtn_learners import nao, nb201
from gtn_nas.search._cells import arrow_levels, cell_graphs, draw_cell


def test_a_nb201_cell_has_an_arrow_for_each_operation_but_none():
    genotype = nb201.Genotype.parse("|nor_conv_3x3~0|+|none~0|skip_connect~1|+|none~0|none~1|avg_pool_3x3~2|")
    (cell,) = cell_graphs(genotype)
    assert cell.arrows == ((0, 1, "conv 3x3"), (1, 2, "skip connect"), (2, 3, "avg pool 3x3"))


def test_a_nao_cell_has_ten_operations_and_its_unread_states_go_to_the_output():
    numbers = (0, 2, 1, 0, 2, 1, 2, 3, 3, 4, 0, 5, 4, 6, 1, 7, 0, 8, 0, 9)
    normal, _ = cell_graphs(nao.Genotype(numbers, numbers))
    assert normal.states == ("in 1", "in 2", "1", "2", "3", "4", "5", "out")
    assert [(arrow.source, arrow.target) for arrow in normal.arrows if not arrow.operation] == [(5, 7), (6, 7)]
    assert len(normal.arrows) == 12
    assert normal.arrows[0] == (0, 2, "conv 3x3")


@pytest.mark.parametrize("seed", range(10))
def test_no_two_operations_are_written_in_one_place(seed: int):
    for genotype in (nao.random_genotype(seed), nb201.random_genotype(seed)):
        for cell in cell_graphs(genotype):
            places = [
                ((arrow.source + arrow.target) / 2, level)
                for arrow, level in zip(cell.arrows, arrow_levels(cell.arrows), strict=True)
            ]
            assert len(set(places)) == len(places)


def test_every_state_and_operation_is_drawn():
    (cell,) = cell_graphs(nb201.random_genotype(3))
    axes = Figure().subplots()
    draw_cell(axes, cell)
    assert {text.get_text() for text in axes.texts} == {*cell.states, *(arrow.operation for arrow in cell.arrows)}
