"""Cells drawn as graphs: states as dots from left to right, operations on the arrows between them."""

from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes

from gtn_learners import nao, nb201

NODE, ARROW, LABEL = "#00517f", "#6b7280", "#1f2328"
BENDS = (0.0, 0.32, -0.32, 0.5, -0.5)
"""Of the arrows between the same two states, and of those that would pass over a state between them."""


@dataclass(frozen=True)
class CellGraph:
    """A cell.

    Attributes:
        title: which cell of the genotype.
        arrows: from state, to state, operation. States are named as they are shown.
    """

    title: str
    arrows: tuple[tuple[str, str, str], ...]

    def depths(self) -> dict[str, int]:
        """Return how many arrows the longest way to each state has."""
        depths: dict[str, int] = {}
        for source, target, _ in self.arrows:  # whatever leads to a source has come before
            depths[target] = max(depths.get(target, 0), depths.setdefault(source, 0) + 1)
        return depths


def cell_graphs(genotype: Any) -> tuple[CellGraph, ...]:
    """Return the cells of a genotype of either search space.

    Example:
        >>> text = "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|none~0|none~1|avg_pool_3x3~2|"
        >>> cell_graphs(nb201.Genotype.parse(text))[0].arrows[0]
        ('in', '1', 'nor_conv_3x3')
    """
    if isinstance(genotype, nb201.Genotype):
        names = ("in", "1", "2", "out")
        edges = zip(nb201.EDGES, genotype.operations, strict=True)
        arrows = tuple((names[source], names[target], name) for (source, target), name in edges if name != "none")
        return (CellGraph("cell", arrows),)
    return tuple(CellGraph(f"{name} cell", _nao_arrows(getattr(genotype, name))) for name in ("normal", "reduction"))


def draw_cell(axes: Axes, cell: CellGraph) -> None:
    """Draw a cell on axes of its own."""
    axes.set_axis_off()
    axes.set_title(cell.title, fontsize=9)
    places = _places(cell)
    pairs: dict[tuple[str, str], int] = {}
    for source, target, operation in cell.arrows:
        count = pairs[source, target] = pairs.get((source, target), -1) + 1
        skips = places[target][0] - places[source][0] > 1
        bend = BENDS[(count + skips) % len(BENDS)]
        (x0, y0), (x1, y1) = places[source], places[target]
        axes.annotate(
            "",
            xy=(x1, y1),
            xytext=(x0, y0),
            arrowprops={
                "arrowstyle": "-|>",
                "color": ARROW,
                "shrinkA": 9,
                "shrinkB": 9,
                "connectionstyle": f"arc3,rad={bend}",
            },
        )
        # The middle of a quadratic curve lies half as far out as its control point.
        middle = ((x0 + x1) / 2 + bend * (y1 - y0) / 2, (y0 + y1) / 2 - bend * (x1 - x0) / 2)
        box = {"facecolor": "white", "edgecolor": "none", "pad": 0.6, "alpha": 0.8}
        text = operation.replace("nor_", "").replace("_", " ")
        axes.text(*middle, text, ha="center", va="center", fontsize=6, color=LABEL, bbox=box)
    for name, (x, y) in places.items():
        axes.plot([x], [y], marker="o", markersize=15, color=NODE)
        axes.text(x, y, name, ha="center", va="center", fontsize=6.5, color="white")
    axes.margins(0.12)


def _places(cell: CellGraph) -> dict[str, tuple[float, float]]:
    """Return where each state stands: by depth from left to right, those of equal depth one above the other."""
    columns: dict[int, list[str]] = {}
    for name, depth in cell.depths().items():
        columns.setdefault(depth, []).append(name)
    return {
        name: (float(depth), (len(names) - 1) / 2 - row)
        for depth, names in columns.items()
        for row, name in enumerate(names)
    }


def _nao_arrows(numbers: tuple[int, ...]) -> tuple[tuple[str, str, str], ...]:
    """Return operations between states; what no node reads, inputs too, goes to the output."""
    names = ("before last", "last", *(str(node) for node in range(1, 6)))
    terms = list(zip(numbers[::2], numbers[1::2], strict=True))
    arrows = [
        (names[source], names[place // 2 + 2], nao.OPERATIONS[kind]) for place, (source, kind) in enumerate(terms)
    ]
    read = {source for source, _ in terms}
    return tuple(arrows + [(names[state], "out", "") for state in range(len(names)) if state not in read])
