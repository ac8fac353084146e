"""Cells drawn as graphs: states in a row, operations on the arrows between them, which all lead to the right."""

from dataclasses import dataclass
from typing import Any, NamedTuple

from matplotlib.axes import Axes
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from gtn_learners import nao, nb201

NODE, ARROW, INK, PAPER = "#00517f", "#8b949e", "#1f2328", "#ffffff"
LEVEL = 0.6
"""Height of an arrow for each arrow that it passes over."""


class Arrow(NamedTuple):
    """An operation between two states, given by their places in the row; no words where a state is only passed on."""

    source: int
    target: int
    operation: str


@dataclass(frozen=True)
class CellGraph:
    """A cell.

    Attributes:
        title: which cell of the genotype.
        states: as they are shown, from left to right.
        arrows: between them.
    """

    title: str
    states: tuple[str, ...]
    arrows: tuple[Arrow, ...]


def cell_graphs(genotype: Any) -> tuple[CellGraph, ...]:
    """Return the cells of a genotype of either search space.

    Example:
        >>> text = "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|none~0|none~1|avg_pool_3x3~2|"
        >>> cell_graphs(nb201.Genotype.parse(text))[0].arrows[0]
        Arrow(source=0, target=1, operation='conv 3x3')
    """
    if isinstance(genotype, nb201.Genotype):
        edges = zip(nb201.EDGES, genotype.operations, strict=True)
        arrows = tuple(Arrow(*edge, _words(name)) for edge, name in edges if name != "none")
        return (CellGraph("cell", ("in", "1", "2", "out"), arrows),)
    return tuple(_nao_cell(name, getattr(genotype, name)) for name in ("normal", "reduction"))


def draw_cell(axes: Axes, cell: CellGraph) -> None:
    """Draw a cell on axes of its own."""
    axes.set_axis_off()
    axes.set_title(cell.title)
    levels = arrow_levels(cell.arrows)
    for arrow, level in zip(cell.arrows, levels, strict=True):
        middle, height = (arrow.source + arrow.target) / 2, LEVEL * level
        bow = Path(
            [(arrow.source, 0), (middle, 2 * height), (arrow.target, 0)], [Path.MOVETO, Path.CURVE3, Path.CURVE3]
        )
        style = "-" if arrow.operation else ":"
        axes.add_patch(PathPatch(bow, fill=False, edgecolor=ARROW, linestyle=style, linewidth=1.4))
        box = {"facecolor": PAPER, "edgecolor": "none", "pad": 0.8}
        axes.text(middle, height, arrow.operation, ha="center", va="center", fontsize=7, color=INK, bbox=box)
    for place, name in enumerate(cell.states):
        axes.plot([place], [0], marker="o", markersize=17, color=NODE)
        axes.text(place, 0, name, ha="center", va="center", fontsize=7, color=PAPER)
    axes.set_xlim(-0.3, len(cell.states) - 0.7)
    axes.set_ylim(LEVEL * (min([0, *levels]) - 0.8), LEVEL * (max([0, *levels]) + 0.8))


def arrow_levels(arrows: tuple[Arrow, ...]) -> list[int]:
    """Return how high each arrow bows, 0 for a straight one, below zero for one below the row.

    Arrows that pass over the same stretch have different levels, so that no two operations are written in one place.

    Example:
        >>> arrow_levels((Arrow(0, 1, "a"), Arrow(0, 2, "b"), Arrow(1, 3, "c"), Arrow(0, 1, "d")))
        [0, -1, 1, 1]
    """
    levels: dict[int, int] = {}
    for index in sorted(range(len(arrows)), key=lambda index: arrows[index].target - arrows[index].source):
        arrow = arrows[index]
        taken = {level for other, level in levels.items() if _overlap(arrow, arrows[other])}
        highest, lowest = max([0, *taken]), min([0, *taken])
        straight = arrow.target - arrow.source == 1 and 0 not in taken
        levels[index] = 0 if straight else highest + 1 if highest <= -lowest else lowest - 1
    return [levels[index] for index in range(len(arrows))]


def _overlap(one: Arrow, other: Arrow) -> bool:
    return max(one.source, other.source) < min(one.target, other.target)


def _nao_cell(name: str, numbers: tuple[int, ...]) -> CellGraph:
    """Return a cell whose unread states, inputs too, make up its output."""
    sources = numbers[::2]
    arrows = [
        Arrow(source, place // 2 + 2, _words(nao.OPERATIONS[operation]))
        for place, (source, operation) in enumerate(zip(sources, numbers[1::2], strict=True))
    ]
    output = len(sources) // 2 + 2
    arrows += [Arrow(state, output, "") for state in range(output) if state not in sources]
    nodes = (str(node) for node in range(1, output - 1))
    return CellGraph(f"{name} cell", ("in 1", "in 2", *nodes, "out"), tuple(arrows))


def _words(operation: str) -> str:
    return operation.replace("nor_", "").replace("_", " ")
