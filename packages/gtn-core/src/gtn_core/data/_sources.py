"""From the name of a data set to its examples: local files and Hub ids, all through `datasets`.

`datasets` and Pillow are imported inside functions because they are slow to import and many uses of GTN need neither.
"""

import os
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from gtn_core.data._columns import class_indices, image_column, label_column
from gtn_core.data._decoding import ImageDecoder
from gtn_core.data._digits import load_digits
from gtn_core.data._local_files import SPLIT_NAMES, LocalFiles, local_files
from gtn_core.data._quiet import quiet
from gtn_core.data._raw import RawData, RawSplit
from gtn_core.data._text import one_line
from gtn_core.errors import DataError, UnknownNameError

if TYPE_CHECKING:
    from datasets import Dataset

_HUB_ID = re.compile(r"[\w.-]+/[\w.-]+(@[\w./-]+)?")  # with a branch, tag or commit, or without
_ROWS = 1000  # rows of encoded images held at a time


class _KnownSet(NamedTuple):
    folder: str  # below GTN_REAL_DATA; also the id's short spelling
    held_out: int  # examples the paper holds out of train for validation


_KNOWN = {
    "ylecun/mnist": _KnownSet("mnist", 10_000),
    "zalando-datasets/fashion_mnist": _KnownSet("fashion_mnist", 10_000),
    "uoft-cs/cifar10": _KnownSet("cifar10", 5_000),
}
_SHORT = {known.folder: hub_id for hub_id, known in _KNOWN.items()}


def load_raw(source: str | Path, chosen_label: str | None) -> RawData:
    """Return the examples of `source`; `RealData.load` says what it may be."""
    name = str(source)
    if source == "digits":
        if chosen_label not in (None, "label"):
            raise UnknownNameError("label column", str(chosen_label), ["label"])
        return load_digits()
    path = os.path.expanduser(name)
    if isinstance(source, Path) or os.path.exists(path) or _looks_like_path(name):
        return _from_files(_local(Path(path)), name, chosen_label)
    hub_id = _SHORT.get(name, name)
    if not _HUB_ID.fullmatch(hub_id):
        hint = "An existing folder, a .parquet file and a Hub id (owner/name) are allowed too"
        raise UnknownNameError("data", name, ["digits", *_SHORT, *_KNOWN], hint)
    repository, _, revision = hub_id.partition("@")
    held_out = _KNOWN[repository].held_out if repository in _KNOWN else None
    mirror = None if revision else _mirror(repository)
    if mirror is not None:
        return _from_files(_local(mirror), hub_id, chosen_label, held_out)
    return _from_hub(repository, revision or None, chosen_label, held_out)


def _local(path: Path) -> LocalFiles:
    try:
        return local_files(path)
    except OSError as error:
        raise DataError(f"cannot read {path}: {one_line(error)}") from error


def _looks_like_path(name: str) -> bool:
    return (
        name.startswith(("/", "./", "../", "~")) or name.endswith(".parquet") or name.partition("@")[0].count("/") > 1
    )


def _mirror(hub_id: str) -> Path | None:
    """Return the local copy of a known set below GTN_REAL_DATA, if both its files are there."""
    root = os.environ.get("GTN_REAL_DATA")
    if not root or hub_id not in _KNOWN:
        return None
    folder = Path(os.path.expanduser(root)) / _KNOWN[hub_id].folder
    return folder if all((folder / f"{split}.parquet").is_file() for split in ("train", "test")) else None


def _from_files(files: LocalFiles, source: str, chosen_label: str | None, held_out: int | None = None) -> RawData:
    # A cache of our own, thrown away: nothing stale is ever read and nothing is left behind.
    with quiet(), tempfile.TemporaryDirectory(prefix="gtn-", ignore_cleanup_errors=True) as cache:
        import datasets

        try:
            loaded = datasets.load_dataset(files.builder, data_files=files.patterns, cache_dir=cache)
        except Exception as error:  # damaged or disagreeing files can make `datasets` raise anything
            reason = one_line(error)
            if "corresponds to no data" in reason:
                raise DataError(f"a split of {source} is empty (0 examples); fill it or remove it") from error
            raise DataError(f"cannot read {source}: {reason}") from error
        return _examples(loaded, source, chosen_label, held_out)


def _from_hub(repository: str, revision: str | None, chosen_label: str | None, held_out: int | None) -> RawData:
    hub_id = f"{repository}@{revision}" if revision else repository
    mirrored = (
        f", or set GTN_REAL_DATA to a folder that holds {_KNOWN[repository].folder}/{{train,test}}.parquet"
        if repository in _KNOWN
        else ""
    )
    with quiet():
        import datasets

        try:
            loaded = datasets.load_dataset(repository, revision=revision)
        except datasets.exceptions.DatasetNotFoundError as error:
            raise DataError(f"no folder {hub_id!r} here and no such data set on the Hub: {one_line(error)}") from error
        except (ConnectionError, TimeoutError) as error:
            raise DataError(
                f"cannot reach the Hub for {hub_id!r}; use --data FOLDER (of parquet files or images){mirrored}"
            ) from error
        except Exception as error:
            raise DataError(f"cannot load {hub_id!r} from the Hub: {one_line(error)}") from error
        return _examples(loaded, hub_id, chosen_label, held_out)


def _examples(loaded: Mapping[str, "Dataset"], source: str, chosen_label: str | None, held_out: int | None) -> RawData:
    splits = _known_splits(loaded, source)
    features = splits["train"].features
    image = image_column(features, source)
    label = label_column(features, source, chosen_label)
    for split, rows in splits.items():
        absent = {image, label} - set(rows.features)
        if absent:
            raise DataError(f"the {split} split of {source} has no column {sorted(absent)[0]!r}, which train has")
        if len(rows) == 0:
            raise DataError(f"the {split} split of {source} is empty (0 examples)")
    values = {split: _column(rows, label) for split, rows in splits.items()}
    labels, class_names = class_indices(values, getattr(features[label], "names", None), source)
    if len(class_names) < 2:
        raise DataError(f"{source} has only one class ({class_names[0]!r}); at least two are needed")
    decoder = ImageDecoder(source)
    for split, rows in splits.items():
        tables = rows.select_columns([image]).with_format("arrow").iter(batch_size=_ROWS)
        decoder.decode(split, (record for table in tables for record in table.column(image).to_pylist()))
    pixels, white = decoder.stacked()
    raw = {split: RawSplit(pixels[split], labels[split]) for split in splits}
    return RawData(raw, class_names, white, source, held_out)


def _known_splits(loaded: Mapping[str, "Dataset"], source: str) -> dict[str, "Dataset"]:
    """Return the splits by our names; a data set of a single split is training data whatever it is called."""
    splits = {SPLIT_NAMES[name.lower()]: rows for name, rows in loaded.items() if name.lower() in SPLIT_NAMES}
    if "train" not in splits and len(loaded) == 1:
        splits = {"train": next(iter(loaded.values()))}
    if "train" not in splits:
        raise DataError(f"{source} has no training split; its splits are {', '.join(loaded) or 'none'}")
    return {name: splits[name] for name in ("train", "validation", "test") if name in splits}


def _column(rows: "Dataset", name: str) -> list[Any]:
    values: list[Any] = rows.select_columns([name]).with_format("arrow")[:].column(name).to_pylist()
    return values
