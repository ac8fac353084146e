"""Encoded images (PNG, JPEG, ...) to integer pixels, all of one size.

Greyscale stays one channel (alpha is dropped); everything else becomes RGB; where both occur, all become RGB. 16-bit
greyscale keeps its 65,536 levels. Rotation noted in EXIF is applied, as `datasets` does.

Shape legend: N examples, H height, W width, C channels.
"""

import warnings
from collections.abc import Iterable, Mapping
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gtn_core.data._text import one_line
from gtn_core.errors import DataError

if TYPE_CHECKING:
    from PIL.Image import Image as Pillow

MOST_PIXELS = 4096 * 4096
"""Of an image, by what its header says; looked at before memory is taken for them."""


class ImageDecoder:
    """Decodes the splits of one data set and sees to it that their images fit together."""

    def __init__(self, source: str) -> None:
        """Remember how error messages call the data set."""
        self._source = source
        self._first: tuple[tuple[int, ...], str] | None = None
        self._images: dict[str, list[NDArray[Any]]] = {}

    def decode(self, split: str, records: Iterable[Mapping[str, Any] | None]) -> None:
        """Decode a split, given as records of `bytes` or, where these are None, `path`."""
        from PIL import Image

        images = self._images[split] = []
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            for index, record in enumerate(records):
                where = f"image {index} of the {split} split of {self._source}"
                images.append(self._sized(_pixels(record, where), where))

    def stacked(self) -> tuple[dict[str, NDArray[Any]], int]:
        """Return the pixels of each split, `[N, H, W, C]`, and the value of a white one."""
        kinds = {(image.dtype.name, image.ndim) for images in self._images.values() for image in images}
        if len({dtype for dtype, _ in kinds}) > 1:
            raise DataError(f"{self._source} mixes 8-bit and 16-bit images; convert them to one depth first")
        channels = 3 if any(ndim == 3 for _, ndim in kinds) else 1
        try:
            pixels = {split: _stack(images, channels) for split, images in self._images.items()}
        except MemoryError as error:
            raise DataError(f"the images of {self._source} do not fit into memory; use fewer or smaller") from error
        return pixels, 65535 if ("uint16", 2) in kinds else 255

    def _sized(self, pixels: NDArray[Any], where: str) -> NDArray[Any]:
        size = pixels.shape[:2]
        if self._first is None:
            self._first = (size, where)
        first, first_where = self._first
        if size != first:
            raise DataError(
                f"images differ in size: {first[1]}x{first[0]} ({first_where}) and {size[1]}x{size[0]} ({where}), "
                "width x height; resize all to one size first"
            )
        return pixels


def _stack(images: list[NDArray[Any]], channels: int) -> NDArray[Any]:
    pixels = np.empty((len(images), *images[0].shape[:2], channels), images[0].dtype)
    for index, image in enumerate(images):
        pixels[index] = image.reshape(*image.shape[:2], -1)  # one channel spreads over three
    return pixels


def _pixels(record: Mapping[str, Any] | None, where: str) -> NDArray[Any]:
    from PIL import Image, ImageOps

    if record is None or (record["bytes"] is None and record["path"] is None):
        raise DataError(f"{where} is missing; remove such examples")
    encoded, path = record["bytes"], record["path"]
    if encoded is None:
        where = f"{where} ({path})"
    try:
        with Image.open(path if encoded is None else BytesIO(encoded)) as image:
            if image.width * image.height > MOST_PIXELS:
                raise DataError(
                    f"{where} is absurdly large: {image.width}x{image.height} pixels, at most {MOST_PIXELS} are read; "
                    "resize it first"
                )
            if image.format not in {"PNG", "BMP"}:
                ImageOps.exif_transpose(image, in_place=True)
            return _array(image, where)
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise DataError(f"{where} is absurdly large: {one_line(error)}; resize it first") from error
    except DataError:
        raise
    except Exception as error:  # a damaged file can make a decoder raise anything
        raise DataError(f"{where} cannot be decoded, it may be damaged: {one_line(error)}") from error


def _array(image: "Pillow", where: str) -> NDArray[Any]:
    # Of 16-bit PNG, older versions of Pillow make mode I.
    if image.mode.startswith("I;16") or (image.mode == "I" and image.format == "PNG"):
        return np.asarray(image).astype(np.uint16)
    if image.mode in {"I", "F"}:
        raise DataError(
            f"{where} has 32-bit pixels (mode {image.mode}), whose range is unknown; convert it to 8 or 16 bits first"
        )
    wanted = "L" if image.mode in {"1", "L", "LA", "La"} else "RGB"
    return np.asarray(image if image.mode == wanted else image.convert(wanted))
