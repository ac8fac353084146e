"""How every picture looks: fonts, the style of each arm, axes in percent, PNG out.

Figures are made without pyplot, so nothing is left behind in the process. Arms differ by line style, marker and
lightness as well as by colour; the colours lean on the palette of Okabe and Ito (2008), which colour-blind people can
tell apart.
"""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

MOST_MARKERS = 24
DPI = 192
CSS_PIXELS_AN_INCH = 96
INK, FAINT, PAPER = "#1f2328", "#c9ced6", "#ffffff"
UNKNOWN_LETTER = "\N{WHITE SQUARE}"
FONT = "DejaVu Sans"  # comes with matplotlib
SETTINGS: Any = {
    "axes.axisbelow": True,
    "axes.edgecolor": "#6b7280",
    "axes.grid": True,
    "axes.labelcolor": INK,
    "axes.labelsize": 10,
    "axes.linewidth": 0.8,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlesize": 10,
    "figure.facecolor": PAPER,
    "font.family": FONT,
    "font.size": 10,
    "grid.color": "#e5e7eb",
    "grid.linewidth": 0.8,
    "legend.fontsize": 9,
    "legend.edgecolor": "none",
    "legend.framealpha": 0.85,
    "lines.linewidth": 1.8,
    "lines.markersize": 5,
    "savefig.dpi": DPI,
    "text.color": INK,
    "text.usetex": False,
    "xtick.color": INK,
    "xtick.labelsize": 9,
    "ytick.color": INK,
    "ytick.labelsize": 9,
}


@dataclass(frozen=True)
class ArmStyle:
    """How one arm is drawn in every picture."""

    color: str
    linestyle: str
    marker: str

    @property
    def line(self) -> dict[str, Any]:
        """Keywords for `Axes.plot`."""
        return {"color": self.color, "linestyle": self.linestyle, "marker": self.marker}


STYLES = {
    "teacher": ArmStyle("#00517f", "-", "o"),
    "real_data": ArmStyle("#d55e00", "--", "s"),
    "warm_start": ArmStyle("#009e73", "-.", "^"),
    "untrained": ArmStyle("#666666", ":", "D"),
}
OTHER = ArmStyle("#a05a8c", ":", "v")


@dataclass(frozen=True)
class Picture:
    """A drawn figure and the words that go with it.

    Attributes:
        name: of its file, without the suffix.
        png: its bytes.
        width: in CSS pixels, at which its letters have the size of small print.
        caption: what it shows.
        alternative: the same for people who cannot see it.
    """

    name: str
    png: bytes
    width: int
    caption: str
    alternative: str


@contextmanager
def house_style() -> Iterator[None]:
    """Draw in the project's style; settings of the process are put back."""
    with mpl.rc_context(SETTINGS):
        yield


def style_of(arm: str) -> ArmStyle:
    """Return how an arm is drawn."""
    return STYLES.get(arm, OTHER)


def new_figure(width: float, height: float) -> Figure:
    """Return an empty figure of a size in inches."""
    return Figure(figsize=(width, height), layout="constrained")


def picture(name: str, figure: Figure, caption: str, alternative: str) -> Picture:
    """Render a figure."""
    width = round(figure.get_figwidth() * CSS_PIXELS_AN_INCH)
    return Picture(name, to_png(figure), width, caption, alternative)


def to_png(figure: Figure) -> bytes:
    """Return a figure as the bytes of a PNG, the same for the same figure."""
    buffer = BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None})
    return buffer.getvalue()


def markers(points: int) -> int:
    """Return every how many points a line of so many gets a marker."""
    return max(-(-points // MOST_MARKERS), 1)


def integer_axis(axes: Axes) -> None:
    """Let the x axis have its ticks at whole numbers."""
    axes.xaxis.set_major_locator(MaxNLocator(nbins="auto", steps=[1, 2, 5, 10], integer=True))


def percent_axis(axes: Axes, low: float = 0.0) -> None:
    """Let the y axis run from `low` to 100 %."""
    axes.set_ylim(low, 100.0 + (100.0 - low) / 50)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 5, 10]))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g} %"))


def log_axis(axes: Axes, values: Sequence[float]) -> None:
    """Make the y axis logarithmic, with plain numbers at ticks that are neither rare nor crowded."""
    decades = math.log10(max(values) / min(values))
    subs = (1, 1.5, 2, 3, 4, 6, 8) if decades < 1 else (1, 2, 5) if decades < 3 else (1,)
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(subs=subs, numticks=12))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))


def drawable(text: str, longest: int = 24) -> str:
    """Return a text from a file in a form that can be drawn: short, one line, no formulas, only letters of the font."""
    font = get_font(findfont(FontProperties(family=FONT)))
    letters = (letter if font.get_char_index(ord(letter)) else UNKNOWN_LETTER for letter in " ".join(text.split()))
    shown = "".join(letters)
    shown = shown if len(shown) <= longest else shown[: longest - 1] + "…"
    return shown.replace("$", r"\$")
