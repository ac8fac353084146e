"""The 1,797 handwritten digits of 8x8 pixels that ship inside scikit-learn: real data without a network."""

import numpy as np

from gtn_core.data._raw import RawData, RawSplit


def load_digits() -> RawData:
    """Return all digits as one training split; pixels are whole numbers from 0 to 16."""
    from sklearn import datasets

    bunch = datasets.load_digits()
    split = RawSplit(bunch.images.astype(np.uint8)[..., None], bunch.target.astype(np.int64))
    return RawData({"train": split}, tuple(str(name) for name in bunch.target_names), white=16, source="digits")
