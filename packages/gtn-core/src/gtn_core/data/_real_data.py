"""Real data as meta-training and evaluation use it: three splits of tensors, normalised, on one device.

Shape legend: N examples, B batch, C channels, H height, W width.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from numpy.typing import NDArray
from torch import Generator, Tensor

from gtn_core.data._normalization import Normalization, measured
from gtn_core.data._raw import RawSplit
from gtn_core.data._sources import load_raw
from gtn_core.data._splits import with_all_splits
from gtn_core.errors import DataError
from gtn_core.typing import Batch, ImageShape


@dataclass(frozen=True, eq=False, repr=False)
class Split:
    """One of train, validation and test.

    Attributes:
        images: `[N, C, H, W]`, float32, normalised.
        labels: `[N]`, int64 class indices, on the same device.
    """

    images: Tensor
    labels: Tensor

    def __len__(self) -> int:
        """How many examples there are."""
        return len(self.labels)

    def __repr__(self) -> str:
        """What there is, without the numbers."""
        return f"Split({len(self)} images {list(self.images.shape[1:])} on {self.images.device})"

    def take(self, indices: Tensor) -> Batch:
        """Return the examples at `indices`, `[B]` int64 on any device, in their order."""
        place = indices.to(self.images.device, non_blocking=True)
        return Batch(self.images.index_select(0, place), self.labels.index_select(0, place))

    def batch(self, size: int, generator: Generator) -> Batch:
        """Return `size` examples drawn without replacement.

        Args:
            size: how many, at most all there are.
            generator: a CPU generator, also for data on a GPU: the indices are drawn on the host and sent over without
                waiting for the device.
        """
        if not 1 <= size <= len(self):
            raise DataError(f"cannot draw a batch of {size} from {len(self)} examples without repeating any")
        return self.take(torch.randperm(len(self), generator=generator, device="cpu")[:size])

    def chunks(self, most: int) -> Iterator[Batch]:
        """Go through all examples in their order, at most that many at once.

        The chunks are of nearly equal size: a last one of a single image could not be normalised by its batch.

        Example:
            >>> split = Split(torch.zeros(7, 1, 2, 2), torch.zeros(7, dtype=torch.int64))
            >>> [len(labels) for images, labels in split.chunks(most=3)]
            [3, 2, 2]
        """
        count = -(-len(self) // most)
        return map(Batch, self.images.tensor_split(count), self.labels.tensor_split(count))

    def sample(self, most: int) -> "Split":
        """Return at most that many of the examples, always the same ones, drawn without regard to their order."""
        generator = torch.Generator().manual_seed(0)
        return Split(*self.take(torch.randperm(len(self), generator=generator)[:most]))

    def to(self, device: torch.device | str) -> "Split":
        """Return the same examples on `device`."""
        return Split(self.images.to(device), self.labels.to(device))


@dataclass(frozen=True, eq=False)
class RealData:
    """A labelled set of real images, split and normalised.

    Attributes:
        train: what meta-losses and the normalisation are computed from.
        validation: what choices are made by.
        test: what is reported.
        normalization: what turned pixels in [0, 1] into the images here.
        class_names: by class index.
        source: where the data came from: `digits`, a Hub id, or a path as it was given.

    Example:
        >>> data = RealData.load("digits")
        >>> data.image_shape, data.classes
        ((1, 8, 8), 10)
        >>> len(data.train), len(data.validation), len(data.test)
        (1294, 144, 359)
        >>> images, labels = data.train.batch(32, torch.Generator().manual_seed(0))
        >>> images.shape, labels.shape
        (torch.Size([32, 1, 8, 8]), torch.Size([32]))
    """

    train: Split
    validation: Split
    test: Split
    normalization: Normalization
    class_names: tuple[str, ...]
    source: str

    @classmethod
    def load(
        cls,
        source: str | Path,
        *,
        validation: int | float | None = None,
        test: int | float | None = None,
        seed: int = 0,
        device: torch.device | str = "cpu",
        normalization: Normalization | None = None,
        label_column: str | None = None,
    ) -> "RealData":
        """Return the data set that `source` names.

        Columns are found by the type of their features, never by name: the one image column, and the one ClassLabel
        column or else the one column of integers or strings. Splits of other names than train, validation and test
        (and their usual short forms) are left aside.

        Args:
            source: `digits`, the 1,797 8x8 images inside scikit-learn; else an existing folder of
                `{train,validation,test}*.parquet` or of images (`train/<class>/*.png` or `<class>/*.png`), or a parquet
                file; else a Hub id (`owner/name`, or
                `owner/name@revision`). The ids of MNIST, Fashion-MNIST and CIFAR-10, in full or as `mnist`,
                `fashion_mnist` and `cifar10`, are read from the folder that the environment variable GTN_REAL_DATA
                names, if it holds `mnist/{train,test}.parquet` and so on.
            validation: how many examples (int) or which part (float) of the training split to hold out, stratified by
                class, where the source has no validation split of its own. Default: what the paper holds out (10,000 of
                MNIST and Fashion-MNIST, 5,000 of CIFAR-10, when named by id), else 10 %, but one a class.
            test: the same for the test split, taken first. Default 20 %.
            seed: decides these splits, and nothing else does; independent of the seeds of runs.
            device: where the tensors are kept.
            normalization: how the images are expressed, for example as a teacher saw them. Default: at mean 0 and std 1
                a channel as measured on the training split.
            label_column: which column holds the labels, where several could.

        Raises:
            DataError: the data are missing, damaged, or not what image classification needs.
            UnknownNameError: no such source or label column; names the nearest one.
        """
        raw = with_all_splits(load_raw(source, label_column), validation, test, seed)
        used = normalization or measured(raw.splits["train"].pixels, raw.white)
        splits = {name: _as_tensors(split, raw.white, used).to(device) for name, split in raw.splits.items()}
        return cls(**splits, normalization=used, class_names=raw.class_names, source=raw.source)

    @property
    def image_shape(self) -> ImageShape:
        """Channels, height and width."""
        _, channels, height, width = self.train.images.shape
        return channels, height, width

    @property
    def classes(self) -> int:
        """How many classes there are."""
        return len(self.class_names)

    def to(self, device: torch.device | str) -> "RealData":
        """Return the same data on `device`."""
        return self._mapped(lambda split: split.to(device))

    def normalized_by(self, normalization: Normalization) -> "RealData":
        """Return the same images expressed in another normalisation, for example a teacher's.

        Example:
            >>> data = RealData.load("digits").normalized_by(Normalization((0.0,), (1.0,)))
            >>> data.train.images.min().item(), round(data.train.images.max().item(), 5)
            (0.0, 1.0)
        """
        if normalization == self.normalization:
            return self

        def expressed(split: Split) -> Split:
            return Split(normalization.normalize(self.normalization.denormalize(split.images)), split.labels)

        return replace(self._mapped(expressed), normalization=normalization)

    def require_batch(self, size: int) -> None:
        """Raise a DataError unless the training split has enough examples for batches of `size`."""
        if not 1 <= size <= len(self.train):
            raise DataError(
                f"the training split of {self.source} has {len(self.train)} examples, which cannot fill a batch of "
                f"{size}; lower the batch size or bring more data"
            )

    def _mapped(self, change: Callable[[Split], Split]) -> "RealData":
        return replace(self, train=change(self.train), validation=change(self.validation), test=change(self.test))


def _as_tensors(split: RawSplit, white: int, normalization: Normalization) -> Split:
    pixels: NDArray[Any] = split.pixels
    unit = torch.from_numpy(pixels).permute(0, 3, 1, 2).to(torch.float32, memory_format=torch.contiguous_format)
    return Split(normalization.normalize(unit.div_(white)), torch.from_numpy(split.labels))
