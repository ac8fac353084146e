"""What a local path holds: parquet files or folders of images, and which of them are which split.

- `train.parquet`, `test-00000-of-00001.parquet`: files named for their split, in the folder itself or in its `data/`;
- `train/*.parquet`, `test/*.parquet`: folders named for their split;
- `anything.parquet`: no split named, all of it is training data;
- `train/<class>/*.png`, `test/<class>/*.png`: images, with or without the level of the split.
"""

import glob
import os
import re
from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple

from gtn_core.data._text import one_line
from gtn_core.errors import DataError

MOST_ROWS = 10_000_000
LARGEST_GROUP = 2**31
SPLIT_NAMES = {
    "train": "train", "training": "train",
    "validation": "validation", "valid": "validation", "val": "validation", "dev": "validation",
    "test": "test", "testing": "test",
}  # fmt: skip
_SPLIT_PREFIX = re.compile(rf"({'|'.join(sorted(SPLIT_NAMES, key=len, reverse=True))})(?![a-z])", re.IGNORECASE)
_IMAGE_SUFFIXES = {".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".ppm", ".pgm", ".pbm"}


class LocalFiles(NamedTuple):
    """A builder of `datasets` and the glob patterns of its files by split."""

    builder: str
    patterns: dict[str, list[str]]


def local_files(path: Path) -> LocalFiles:
    """Return what is at `path`, or say why nothing there can be read."""
    if not os.path.exists(path):
        siblings = [entry.name for entry in path.parent.iterdir()] if path.parent.is_dir() else []
        near = get_close_matches(path.name, siblings, n=1)
        guess = f"did you mean {str(path.parent / near[0])!r}?" if near else "give a folder of parquet files or images"
        raise DataError(f"no file or folder {str(path)!r}; {guess}")
    if path.is_file():
        if path.suffix != ".parquet":
            raise DataError(f"{path} is not a .parquet file; give one, or a folder of parquet files or of images")
        return LocalFiles("parquet", {"train": _checked([path])})
    parquet = _parquet_by_split(path) or _parquet_by_split(path / "data")
    if parquet:
        return LocalFiles("parquet", {split: _checked(files) for split, files in parquet.items()})
    images = _images_by_split(path)
    if images:
        return LocalFiles("imagefolder", images)
    inside = sorted(entry.name for entry in path.iterdir() if not entry.name.startswith("."))
    held = f"it holds {', '.join(inside[:8])}{', ...' if len(inside) > 8 else ''}" if inside else "it is empty"
    raise DataError(
        f"no {{train,validation,test}}*.parquet and no <class>/ folders of images in {path}; {held}. "
        "Name the folder that holds the files themselves"
    )


def _parquet_by_split(folder: Path) -> dict[str, list[Path]]:
    by_split: dict[str, list[Path]] = {}
    unnamed: list[Path] = []
    for file in _parquet_in(folder):
        match = _SPLIT_PREFIX.match(file.name)
        place = by_split.setdefault(SPLIT_NAMES[match[1].lower()], []) if match else unnamed
        place.append(file)
    for name, split in SPLIT_NAMES.items():
        files = _parquet_in(folder / name)
        if files:
            by_split.setdefault(split, []).extend(files)
    if by_split and unnamed:
        raise DataError(
            f"{unnamed[0]} is not named for a split, but other files beside it are; "
            "rename it to train-..., validation-... or test-..., or move it away"
        )
    return by_split or ({"train": unnamed} if unnamed else {})


def _parquet_in(folder: Path) -> list[Path]:
    """Return the parquet files in `folder`, except the one that describes the images of an image folder."""
    return sorted(file for file in folder.glob("*.parquet") if file.name != "metadata.parquet")


def _images_by_split(folder: Path) -> dict[str, list[str]]:
    """Tell splits from classes, as a class may well be called "train".

    Folders named for splits are splits if they hold folders of images, or if there are no other folders of images.
    """
    named = {split: folder / name for name, split in SPLIT_NAMES.items() if _images_in(folder / name, "*", "*/*")}
    others = [place for place in folder.glob("*/") if place.name not in SPLIT_NAMES and _images_in(place, "*")]
    if not named or (others and not any(_images_in(place, "*/*") for place in named.values())):
        named = {"train": folder} if _images_in(folder, "*", "*/*") else {}
    for place in named.values():
        if not _images_in(place, "*/*") and not any(place.glob("metadata.*")):
            raise DataError(
                f"{place} has no label column: its images lie in no folder of a class; move them to <class>/ folders, "
                "or name their classes in a metadata.csv"
            )
    return {split: [f"{glob.escape(str(place.resolve()))}/**"] for split, place in named.items()}


def _images_in(folder: Path, *patterns: str) -> bool:
    return any(file.suffix.lower() in _IMAGE_SUFFIXES for pattern in patterns for file in folder.glob(pattern))


def _checked(files: list[Path]) -> list[str]:
    """Return the files as patterns, once their ends are seen to be there and to tell of no more than can be held."""
    rows = 0
    for file in files:
        with file.open("rb") as opened:
            size = opened.seek(0, os.SEEK_END)
            opened.seek(max(0, size - 4))
            if opened.read() != b"PAR1":
                raise DataError(f"{file} is not a whole parquet file ({size} bytes, maybe truncated); bring it anew")
        rows += _rows(file)
        if rows > MOST_ROWS:
            raise DataError(f"{file} brings the rows to {rows}, more than the {MOST_ROWS} that are read")
    return [glob.escape(str(file.resolve())) for file in files]


def _rows(file: Path) -> int:
    """Return how many rows a file says it has; a small one that is compressed can say anything."""
    from pyarrow import ArrowException
    from pyarrow.parquet import read_metadata

    try:
        metadata = read_metadata(file)
        groups = [metadata.row_group(index).total_byte_size for index in range(metadata.num_row_groups)]
    except (ArrowException, OSError, ValueError, MemoryError) as error:
        raise DataError(f"{file} is damaged: {one_line(error)}; bring it anew") from error
    if groups and max(groups) > LARGEST_GROUP:
        raise DataError(
            f"{file} has {max(groups)} bytes in one group of rows, once it is unpacked; write it in groups of at most "
            f"{LARGEST_GROUP}"
        )
    return int(metadata.num_rows)
