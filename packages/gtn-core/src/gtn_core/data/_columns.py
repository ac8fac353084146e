"""Which column holds the images and which the labels, found by the type of its feature and never by its name."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from gtn_core.errors import DataError, UnknownNameError

Labels = dict[str, NDArray[np.int64]]
"""Class indices by split."""


def image_column(features: Mapping[str, object], source: str) -> str:
    """Return the one column whose feature is an image."""
    found = [name for name, feature in features.items() if _is_image(feature)]
    if not found:
        raise DataError(f"{source} has no image column; its columns are {_listed(features)}")
    if len(found) > 1:
        raise DataError(f"{source} has several image columns ({', '.join(found)}); save a copy with only one of them")
    return found[0]


def label_column(features: Mapping[str, object], source: str, chosen: str | None) -> str:
    """Return `chosen`, else the one ClassLabel column, else the one column of integers or strings."""
    if chosen is not None:
        if chosen not in features:
            raise UnknownNameError("label column", chosen, features, f"These are the columns of {source}")
        if not (_is_class_label(features[chosen]) or _is_plain(features[chosen])):
            raise DataError(
                f"column {chosen!r} of {source} is {_kind(features[chosen])}; "
                "labels must be class labels, integers or strings"
            )
        return chosen
    suitable: Callable[[object], bool]
    for suitable in (_is_class_label, _is_plain):
        found = [name for name, feature in features.items() if suitable(feature)]
        if len(found) == 1:
            return found[0]
        if found:
            raise DataError(
                f"{source} has several columns that could be the label ({', '.join(found)}); "
                f"choose one, as in label_column={found[0]!r}"
            )
    raise DataError(
        f"{source} has no label column; its columns are {_listed(features)}. One of class labels, integers or strings "
        "is needed (of images in folders: one folder a class, two or more, all at one depth)"
    )


def class_indices(
    values: Mapping[str, Sequence[int | str | None]], names: Sequence[str] | None, source: str
) -> tuple[Labels, tuple[str, ...]]:
    """Return the labels of each split as class indices, and the names of the classes.

    Args:
        values: labels by split, as stored; not empty.
        names: the classes where the labels are already indices of them, or None: then the classes are the values that
            occur, integers sorted by size and strings by alphabet.
        source: how messages call the data set.
    """
    for split, labels in values.items():
        if None in labels:
            raise DataError(
                f"example {labels.index(None)} of the {split} split of {source} has no label; remove such examples"
            )
    stored = {split: np.asarray(labels) for split, labels in values.items()}
    for split, array in stored.items():
        if array.dtype.kind == "i" and array.min() < 0:
            raise DataError(
                f"{np.count_nonzero(array < 0)} of the {len(array)} labels of the {split} split of {source} are "
                f"negative ({array.min()}; -1 usually means unlabelled); remove these examples or the split"
            )
    if names is None:
        classes = np.unique(np.concatenate(list(stored.values())))
        found = tuple(str(value) for value in classes.tolist())
        return {split: np.searchsorted(classes, array).astype(np.int64) for split, array in stored.items()}, found
    for split, array in stored.items():
        if array.max() >= len(names):
            raise DataError(
                f"the {split} split of {source} has label {array.max()}, "
                f"but its {len(names)} classes are 0 to {len(names) - 1}; mend the labels or the list of classes"
            )
    return {split: array.astype(np.int64) for split, array in stored.items()}, tuple(names)


def _is_image(feature: object) -> bool:
    from datasets import Image

    # Parquet written without `datasets` keeps an image as a plain struct of the same two fields.
    return isinstance(feature, Image) or (isinstance(feature, dict) and set(feature) == {"bytes", "path"})


def _is_class_label(feature: object) -> bool:
    from datasets import ClassLabel

    return isinstance(feature, ClassLabel)


def _is_plain(feature: object) -> bool:
    from datasets import Value

    return isinstance(feature, Value) and any(word in feature.dtype for word in ("int", "bool", "string"))


def _kind(feature: object) -> str:
    from datasets import Value

    return str(feature.dtype) if isinstance(feature, Value) else type(feature).__name__


def _listed(features: Mapping[str, object]) -> str:
    return ", ".join(f"{name} ({_kind(feature)})" for name, feature in features.items()) or "none"
