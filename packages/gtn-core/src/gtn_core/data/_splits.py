"""Deterministic, stratified validation and test splits for data that come without them.

The seed is of the data alone: runs with other seeds see the same split, so that a teacher's test accuracy means the
same wherever it is measured.
"""

from dataclasses import replace

import numpy as np

from gtn_core.data._raw import RawData, RawSplit
from gtn_core.errors import DataError
from gtn_core.seeding import derive_seed

TEST_FRACTION = 0.2
VALIDATION_FRACTION = 0.1


def with_all_splits(data: RawData, validation: int | float | None, test: int | float | None, seed: int) -> RawData:
    """Return `data` with the missing splits held out of `train`, test first."""
    splits = dict(data.splits)
    missing = {
        "test": TEST_FRACTION if test is None else test,
        "validation": (data.held_out or VALIDATION_FRACTION) if validation is None else validation,
    }
    for name, size in missing.items():
        if name not in splits:
            count = _count(name, size, splits["train"])
            splits["train"], splits[name] = _held_out(splits["train"], name, count, seed, data.class_names)
    absent = sorted(set(range(len(data.class_names))) - set(splits["train"].labels.tolist()))
    if absent:
        raise DataError(
            f"the training split has no example of {_listed(absent, data.class_names)}; every class needs some: add "
            "examples or remove the class"
        )
    return replace(data, splits=splits)


def _count(name: str, size: int | float, train: RawSplit) -> int:
    """Return how many examples to hold out; a fraction gives at least one a class."""
    examples = len(train)
    is_count = isinstance(size, int) and not isinstance(size, bool) and size >= 1
    is_fraction = isinstance(size, float) and 0 < size < 1
    if not (is_count or is_fraction):
        raise DataError(f"{name} is {size!r}; give a number of examples (1 or more) or a fraction between 0 and 1")
    count = int(size) if is_count else max(len(np.unique(train.labels)), round(size * examples))
    if count >= examples:
        raise DataError(
            f"cannot hold out {count} examples for {name}: there are {examples} to take them from and some must stay; "
            "ask for fewer"
        )
    return count


def _held_out(
    train: RawSplit, name: str, count: int, seed: int, class_names: tuple[str, ...]
) -> tuple[RawSplit, RawSplit]:
    from sklearn.model_selection import train_test_split

    counts = np.bincount(train.labels, minlength=len(class_names))
    rare = np.flatnonzero((counts > 0) & (counts < 2)).tolist()
    if rare:
        raise DataError(
            f"too few examples of {_listed(rare, class_names)} to hold out a {name} split: each class needs 2 or more; "
            f"add examples or bring a {name} split"
        )
    present = np.count_nonzero(counts)
    if min(count, len(train) - count) < present:
        raise DataError(
            f"cannot hold out {count} of {len(train)} examples for {name}: "
            f"the part taken and the part left need {present} or more each, one a class"
        )
    state = derive_seed(seed, "split", name) % 2**32
    parts = train_test_split(np.arange(len(train)), test_size=count, stratify=train.labels, random_state=state)
    kept, held = (np.sort(part) for part in parts)
    return train.at(kept), train.at(held)


def _listed(classes: list[int], class_names: tuple[str, ...]) -> str:
    names = ", ".join(repr(class_names[index]) for index in classes[:5])
    more = f" and {len(classes) - 5} more" if len(classes) > 5 else ""
    return f"class{'es' if len(classes) > 1 else ''} {names}{more}"
