"""A teacher's images as a picture: one column a class, rows through the inner loop.

The same form as figure 6 of Such et al. (2020), early inner steps at the top. Pixels are enlarged by a whole factor, so
none is blurred or wider than its neighbour.

Shape legend: B inner batch, C channels, H height, W width.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from gtn_core.errors import ConfigurationError, RunError
from gtn_core.reporting._drawing import DPI, UNKNOWN_LETTER, drawable, house_style, to_png
from gtn_core.runs import write_atomically
from gtn_core.seeding import generator_for
from gtn_core.teacher import Teacher
from gtn_core.typing import Batch, BatchFunction

MOST_COLUMNS = 100
CELL, WIDTH = 112, 2000
"""Pixels of the picture that one image gets, and all in a row, about; never less than its own."""
GAP = 1 / 12
"""Between images, as a part of their side."""
Cells: TypeAlias = Sequence[Sequence[NDArray[np.uint8] | None]]
"""Rows of images `[H, W, 3]`; None where there is none to show."""
LETTER = 0.6 * 9 / 72
"""Inches that a letter takes, about."""
SLANT = 40
"""Degrees, for titles that are wider than their column."""


def sample_grid(teacher: Teacher, path: str | Path, rows: int = 8, seed: int = 0) -> None:
    """Draw a teacher's images as a PNG.

    Each row stands for an inner step, evenly chosen from the first to the last. Where that step's batch has no image of
    a class, the nearest step's that has one stands in, as long as no other row is nearer; otherwise the place stays
    empty. Of more than 100 classes 100 are shown, evenly chosen. A closed-loop teacher is drawn as it answers one fresh
    learner of the families that are recorded with it.

    Args:
        teacher: whose images to draw.
        path: file to write.
        rows: at most this many rows.
        seed: chooses among the images of a class, the codes where the curriculum does not fix them, and the learner.

    Raises:
        ConfigurationError: fewer than one row, or the file cannot be written.
        TeacherError: the teacher answers a learner, and no family is recorded with it.
    """
    png = sample_grid_png(teacher, rows, seed)
    try:
        write_atomically(Path(path), lambda partial: _write(partial, png))
    except RunError as error:  # whose advice is for runs
        raise ConfigurationError(f"cannot write to {path}: {getattr(error.__cause__, 'strerror', error)}") from error


def sample_grid_png(teacher: Teacher, rows: int, seed: int) -> bytes:
    """Return the picture's bytes."""
    if rows < 1:
        raise ConfigurationError(f"a sample grid needs at least one row; got {rows}")
    steps = _evenly(teacher.steps, rows)
    classes = _evenly(teacher.classes, MOST_COLUMNS)
    shown = _shown(teacher, seed)
    cells = [_row(teacher, shown, step, classes, _reach(steps, teacher.steps), seed) for step in steps]
    titles = [_title(teacher.class_names[label], label) for label in classes]
    _, height, width = teacher.image_shape
    with house_style():
        return to_png(_figure(cells, titles, [f"step {step + 1}" for step in steps], (height, width)))


def _title(name: str, label: int) -> str:
    """A class's name, or its number where the picture's font has not got the letters."""
    shown = drawable(name)
    return f"class {label}" if UNKNOWN_LETTER in shown or not shown else shown


def _write(path: Path, png: bytes) -> None:
    path.write_bytes(png)


def _evenly(count: int, most: int) -> list[int]:
    """Return at most so many of 0 ... count - 1, the first and the last among them."""
    return sorted({round(place) for place in np.linspace(0, count - 1, min(count, most))})


def _reach(steps: Sequence[int], total: int) -> int:
    """How far from a row's step its images may come from, so that no two rows meet."""
    return total if len(steps) == 1 else (int(np.diff(steps).min()) - 1) // 2


def _shown(teacher: Teacher, seed: int) -> BatchFunction:
    """Only the batches that are looked at, unless each depends on those before it."""
    if teacher.answers_the_learner:
        return teacher.batches(seed).__getitem__
    return lambda step: teacher.batch(step, seed)


@torch.no_grad()
def _row(
    teacher: Teacher, shown: BatchFunction, step: int, classes: Sequence[int], reach: int, seed: int
) -> list[NDArray[np.uint8] | None]:
    """Return an image `[H, W, C]` of each class, or None."""
    near = range(max(step - reach, 0), min(step + reach + 1, teacher.steps))
    found: dict[int, NDArray[np.uint8]] = {}
    for other in sorted(near, key=lambda other: abs(other - step)):
        if missing := [label for label in classes if label not in found]:
            found |= _chosen(shown(other), teacher, missing, seed, other)
    return [found.get(label) for label in classes]


def _chosen(
    batch: Batch, teacher: Teacher, classes: Sequence[int], seed: int, step: int
) -> dict[int, NDArray[np.uint8]]:
    """Return one image of each class that the batch has, as pixels from 0 to 1."""
    labels = batch.labels if batch.labels.ndim == 1 else batch.labels.argmax(dim=1)
    pixels = teacher.normalization.denormalize(batch.images).nan_to_num(0.0).clamp(0, 1).cpu()
    chosen = {}
    for label in classes:
        places = (labels == label).nonzero().flatten().tolist()
        if places:
            pick = torch.randint(len(places), (), generator=generator_for(seed, "sample grid", step, label))
            chosen[label] = _displayed(pixels[places[int(pick)]].permute(1, 2, 0).numpy())
    return chosen


def _displayed(image_HWC: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Three channels are red, green and blue; any other number is shown as its mean, in grey."""
    grey = image_HWC.shape[2] != 3
    colours = np.repeat(image_HWC.mean(axis=2, keepdims=True), 3, axis=2) if grey else image_HWC
    return np.rint(255 * colours).astype(np.uint8)


@dataclass(frozen=True)
class _Layout:
    """Where the images lie in the mosaic, in pixels of the picture.

    Attributes:
        factor: by how much an image is enlarged.
        height: of an enlarged image.
        width: of an enlarged image.
        gap: between two.
    """

    factor: int
    height: int
    width: int
    gap: int

    @classmethod
    def of(cls, height: int, width: int, columns: int) -> "_Layout":
        side = max(height, width)
        factor = max(min(CELL, WIDTH // columns) // side, 1)
        return cls(factor, factor * height, factor * width, max(round(GAP * factor * side), 2))

    def top(self, row: int) -> int:
        return row * (self.height + self.gap)

    def left(self, column: int) -> int:
        return column * (self.width + self.gap)


def _mosaic(cells: Cells, layout: _Layout) -> NDArray[np.uint8]:
    """Lay the images out on white."""
    size = (layout.top(len(cells)) - layout.gap, layout.left(len(cells[0])) - layout.gap, 3)
    mosaic = np.full(size, 255, np.uint8)
    for row, images in enumerate(cells):
        for column, image in enumerate(images):
            if image is not None:
                top, left = layout.top(row), layout.left(column)
                enlarged = image.repeat(layout.factor, axis=0).repeat(layout.factor, axis=1)
                mosaic[top : top + layout.height, left : left + layout.width] = enlarged
    return mosaic


def _figure(cells: Cells, titles: Sequence[str], labels: Sequence[str], side: tuple[int, int]) -> Figure:
    layout = _Layout.of(*side, columns=len(titles))
    mosaic = _mosaic(cells, layout)
    height, width, _ = mosaic.shape
    slanted = _inches(titles) * DPI > layout.width
    figure, axes = _framed(height / DPI, width / DPI, titles, labels, slanted)
    axes.imshow(mosaic, interpolation="none", aspect="auto", extent=(0, width, height, 0))
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    axes.xaxis.tick_top()
    columns = [layout.left(column) + layout.width / 2 for column in range(len(titles))]
    words: dict[str, Any] = {"rotation": SLANT, "ha": "left", "rotation_mode": "anchor"} if slanted else {}
    axes.set_xticks(columns, titles, **words)
    axes.set_yticks([layout.top(row) + layout.height / 2 for row in range(len(labels))], labels)
    return figure


def _framed(
    height: float, width: float, titles: Sequence[str], labels: Sequence[str], slanted: bool
) -> tuple[Figure, Axes]:
    """Return axes of exactly so many inches, in a figure that has room for the words around them."""
    margin, line = 0.1, 0.2
    above = margin + (_inches(titles) * math.sin(math.radians(SLANT)) if slanted else 0.0) + line
    right = margin + (_inches(titles[-1:]) if slanted else 0.0)
    left = margin + _inches(labels)
    whole_width, whole_height = left + width + right, above + height + margin
    figure = Figure(figsize=(whole_width, whole_height))
    place = (left / whole_width, margin / whole_height, width / whole_width, height / whole_height)
    return figure, figure.add_axes(place)


def _inches(words: Sequence[str]) -> float:
    return LETTER * max(map(len, words))
