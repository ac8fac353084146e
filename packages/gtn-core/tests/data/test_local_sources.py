"""Parquet files and image folders as people have them on disk."""

import json
import logging
import shutil
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path

import datasets
import numpy as np
import pytest
import torch
from datasets import ClassLabel, Dataset, Image, Value
from huggingface_hub import utils as hub
from PIL import Image as Pillow

from gtn_core.data import RealData
from gtn_core.errors import DataError

Pictures = Callable[..., list[Pillow.Image]]
WriteParquet = Callable[..., Path]


def levels(data: RealData, split: str = "train", white: int = 255) -> np.ndarray:
    """The pixels of a split as the integers they were, [N, C, H, W]."""
    unit = data.normalization.denormalize(getattr(data, split).images.double())
    return (unit * white).round().long().numpy()


def test_what_datasets_writes_comes_back_pixel_for_pixel(
    tmp_path: Path, write_parquet: WriteParquet, pictures: Pictures
) -> None:
    labels = {"train": [0, 1] * 30, "validation": [0, 0, 1], "test": [1, 0, 1, 1, 0]}
    for seed, (split, values) in enumerate(labels.items()):
        write_parquet(tmp_path / f"{split}-00000-of-00001.parquet", values, mode="RGB", seed=seed)
    data = RealData.load(tmp_path)
    assert (data.image_shape, data.class_names, data.source) == ((3, 6, 6), ("class 0", "class 1"), str(tmp_path))
    for seed, (split, values) in enumerate(labels.items()):
        assert getattr(data, split).labels.tolist() == values
        expected = np.stack([np.asarray(image) for image in pictures(values, "RGB", seed=seed)])
        np.testing.assert_array_equal(levels(data, split), expected.transpose(0, 3, 1, 2))
    images = data.train.images.double()
    torch.testing.assert_close(images.mean((0, 2, 3)), torch.zeros(3).double(), rtol=0, atol=1e-6)
    torch.testing.assert_close(images.std((0, 2, 3), correction=0), torch.ones(3).double(), rtol=0, atol=1e-6)


@pytest.mark.parametrize(
    "files",
    [
        ["train.parquet", "validation.parquet", "test.parquet"],
        ["train/0000.parquet", "val/0000.parquet", "test/a.parquet"],
        ["data/training-0.parquet", "data/valid-0.parquet", "data/Test_0.parquet"],
        ["train-00000-of-00001.parquet", "dev.parquet", "testing.parquet"],
    ],
)
def test_all_usual_layouts_of_parquet_are_found(tmp_path: Path, write_parquet: WriteParquet, files: list[str]) -> None:
    for name, size in zip(files, (40, 6, 8), strict=True):
        write_parquet(tmp_path / "set [1]" / name, [0, 1] * (size // 2))
    data = RealData.load(f"{tmp_path}/set [1]/")
    assert [len(split) for split in (data.train, data.validation, data.test)] == [40, 6, 8]


def test_shards_are_joined_in_order(tmp_path: Path, write_parquet: WriteParquet) -> None:
    write_parquet(tmp_path / "train-00001-of-00002.parquet", [1] * 5)
    write_parquet(tmp_path / "train-00000-of-00002.parquet", [0] * 5)
    write_parquet(tmp_path / "test.parquet", [0, 1])
    assert RealData.load(tmp_path, validation=2).train.labels.tolist() == [0] * 4 + [1] * 4


def test_a_single_file_is_split_in_three(tmp_path: Path, write_parquet: WriteParquet) -> None:
    data = RealData.load(write_parquet(tmp_path / "all.parquet", [0, 1] * 50))
    assert [len(split) for split in (data.train, data.validation, data.test)] == [72, 8, 20]
    for split in (data.train, data.validation, data.test):
        assert split.labels.double().mean() == 0.5
        assert torch.equal(torch.from_numpy(levels_first(data, split)), split.labels), "labels left their images"


def levels_first(data: RealData, split: object) -> np.ndarray:
    unit = data.normalization.denormalize(split.images.double())  # type: ignore[attr-defined]
    return (unit[:, 0, 0, 0] * 255).round().long().numpy()


def test_only_a_test_split_counts_as_training_data(tmp_path: Path, write_parquet: WriteParquet) -> None:
    write_parquet(tmp_path / "test.parquet", [0, 1] * 20)
    assert len(RealData.load(tmp_path).train) == 29


def test_sizes_asked_for_do_not_touch_splits_that_are_there(tmp_path: Path, write_parquet: WriteParquet) -> None:
    write_parquet(tmp_path / "train.parquet", [0, 1] * 20)
    write_parquet(tmp_path / "test.parquet", [0, 1] * 5)
    data = RealData.load(tmp_path, validation=4, test=30)
    assert [len(split) for split in (data.train, data.validation, data.test)] == [36, 4, 10]


def write_images(folder: Path, per_class: dict[str, int]) -> None:
    for seed, (name, count) in enumerate(per_class.items()):
        (folder / name).mkdir(parents=True)
        for index in range(count):
            pixels = np.random.default_rng([seed, index]).integers(0, 256, (5, 7), dtype=np.uint8)
            Pillow.fromarray(pixels).save(folder / name / f"test_{index}.png")


def test_image_folders_with_splits(tmp_path: Path) -> None:
    write_images(tmp_path / "train", {"cat": 20, "ant": 20})
    write_images(tmp_path / "val", {"cat": 3, "ant": 2})
    write_images(tmp_path / "test", {"cat": 4, "ant": 3})
    write_images(tmp_path / "unlabelled", {"all": 3})
    (tmp_path / "train" / "ant" / "notes.txt").write_text("not an image")
    data = RealData.load(tmp_path)
    assert (data.class_names, data.image_shape) == (("ant", "cat"), (1, 5, 7))
    assert [len(split) for split in (data.train, data.validation, data.test)] == [40, 5, 7]
    assert sorted(data.test.labels.tolist()) == [0] * 3 + [1] * 4


def test_image_folders_without_splits_in_a_hidden_folder_with_odd_characters(tmp_path: Path) -> None:
    write_images(tmp_path / ".hidden" / "__x [a]*", {"train": 20, "car": 20, "bus": 20})  # a class called train
    data = RealData.load(tmp_path / ".hidden" / "__x [a]*")
    assert data.class_names == ("bus", "car", "train")
    assert sum(len(split) for split in (data.train, data.validation, data.test)) == 60


def test_images_described_by_a_table(tmp_path: Path) -> None:
    write_images(tmp_path, {"train": 12})
    rows = [json.dumps({"file_name": f"test_{index}.png", "sort": "xy"[index % 2]}) for index in range(12)]
    (tmp_path / "train" / "metadata.jsonl").write_text("\n".join(rows))
    data = RealData.load(tmp_path, validation=2, test=2)
    assert data.class_names == ("x", "y")
    assert len(data.train) == 8


@pytest.mark.parametrize(
    ("values", "feature", "names", "indices"),
    [
        (["b", "a", "b", "c"], Value("string"), ("a", "b", "c"), [1, 0, 1, 2]),
        (["b", "a"], Value("large_string"), ("a", "b"), [1, 0]),
        ([3, 10, 7, 3], Value("int64"), ("3", "7", "10"), [0, 2, 1, 0]),
        ([200, 3], Value("uint8"), ("3", "200"), [1, 0]),
        ([True, False], Value("bool"), ("False", "True"), [1, 0]),
        ([1, 0, 2], ClassLabel(names=["z", "y", "x"]), ("z", "y", "x"), [1, 0, 2]),
    ],
)
def test_labels_of_all_kinds(
    tmp_path: Path,
    write_parquet: WriteParquet,
    pictures: Pictures,
    values: list[object],
    feature: object,
    names: tuple[str, ...],
    indices: list[int],
) -> None:
    columns = {"weight": [0.5] * len(values) * 3, "x": pictures([0] * len(values) * 3), "y": values * 3}
    features = {"weight": Value("float32"), "x": Image(), "y": feature}
    for split in ("train", "validation", "test"):
        write_parquet(tmp_path / f"{split}.parquet", columns=columns, features=features)
    data = RealData.load(tmp_path)
    assert data.class_names == names
    assert data.train.labels.tolist() == indices * 3


def test_a_class_label_comes_before_integers_and_a_column_can_be_chosen(
    tmp_path: Path, write_parquet: WriteParquet, pictures: Pictures
) -> None:
    kinds = {"image": Image(), "label": Value("int64"), "fine": ClassLabel(num_classes=2)}
    columns = {"image": pictures([0] * 40), "label": [5, 6, 7, 8] * 10, "fine": [0, 1] * 20}
    path = write_parquet(tmp_path / "all.parquet", columns=columns, features=kinds)
    assert RealData.load(path).class_names == ("0", "1")
    assert RealData.load(path, label_column="label").class_names == ("5", "6", "7", "8")


def test_parquet_written_without_datasets(tmp_path: Path, write_parquet: WriteParquet) -> None:
    """The schema of such a file does not say that a column is an image."""
    written = Dataset.from_parquet(str(write_parquet(tmp_path / "a.parquet")), cache_dir=str(tmp_path / "cache"))
    frame = written.cast_column("picture", Image(decode=False)).to_pandas()
    frame.to_parquet(tmp_path / "pandas.parquet")
    data = RealData.load(tmp_path / "pandas.parquet")
    assert (data.image_shape, data.class_names) == ((1, 6, 6), ("0", "1"))


@pytest.mark.parametrize(
    ("mode", "channels"),
    [("1", 1), ("L", 1), ("LA", 1), ("P", 3), ("RGB", 3), ("RGBA", 3), ("CMYK", 3)],
)
def test_modes_of_images(
    tmp_path: Path, write_parquet: WriteParquet, pictures: Pictures, mode: str, channels: int
) -> None:
    kind = "tiff" if mode == "CMYK" else "png"
    images = [image.convert("RGB").convert(mode) for image in pictures([0, 1] * 20, "RGB")]
    for index, image in enumerate(images):
        image.save(tmp_path / f"{index}.{kind}")
    paths = [str(tmp_path / f"{index}.{kind}") for index in range(40)]
    columns = {"image": paths, "label": [0, 1] * 20}
    path = write_parquet(
        tmp_path / "set" / "all.parquet",
        columns=columns,
        features={"image": Image(), "label": ClassLabel(num_classes=2)},
    )
    data = RealData.load(path, validation=2, test=2)
    assert data.image_shape == (channels, 6, 6)
    wanted = "L" if channels == 1 else "RGB"
    expected = {
        np.asarray(image.convert(wanted)).reshape(6, 6, channels).transpose(2, 0, 1).tobytes() for image in images
    }
    assert {row.astype(np.uint8).tobytes() for row in levels(data)} <= expected


def test_grey_and_colour_together_become_colour(tmp_path: Path, write_parquet: WriteParquet) -> None:
    write_parquet(tmp_path / "train.parquet", mode="L")
    write_parquet(tmp_path / "test.parquet", mode="RGBA")
    data = RealData.load(tmp_path)
    assert data.image_shape == (3, 6, 6)
    train = levels(data)
    np.testing.assert_array_equal(train[:, 0], train[:, 2])


def test_16_bit_images_keep_their_levels(tmp_path: Path) -> None:
    written = {}
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        for index in range(10):
            pixels = np.random.default_rng([ord(name), index]).integers(0, 65536, (4, 4), dtype=np.uint16)
            Pillow.fromarray(pixels).save(tmp_path / name / f"{index}.png")
            written[pixels.tobytes()] = name
    data = RealData.load(tmp_path, validation=2, test=2)
    for pixels, label in zip(levels(data, white=65535), data.train.labels.tolist(), strict=True):
        assert written[pixels.astype(np.uint16).tobytes()] == data.class_names[label]


def test_rotation_noted_in_exif_is_applied(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        for index in range(10):
            exif = Pillow.Exif()
            exif[0x0112] = 6
            Pillow.new("RGB", (8, 4), "red").save(tmp_path / name / f"{index}.jpg", exif=exif)
    assert RealData.load(tmp_path, validation=2, test=2).image_shape == (3, 8, 4)


def test_a_constant_channel_gets_std_1(tmp_path: Path, write_parquet: WriteParquet) -> None:
    pixels = np.zeros((40, 4, 4, 3), np.uint8)
    pixels[..., 0] = 255
    pixels[..., 1] = np.arange(4)
    pixels[..., 2] = 77
    columns = {"image": [Pillow.fromarray(array) for array in pixels], "label": [0, 1] * 20}
    features = {"image": Image(), "label": ClassLabel(num_classes=2)}
    data = RealData.load(write_parquet(tmp_path / "all.parquet", columns=columns, features=features))
    assert data.normalization.std[0] == data.normalization.std[2] == 1
    assert data.train.images.isfinite().all()
    assert data.train.images[:, [0, 2]].abs().max() < 1e-6


def test_the_home_folder_can_be_written_as_a_tilde(
    tmp_path: Path, write_parquet: WriteParquet, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_parquet(tmp_path / "mine" / "all.parquet")
    monkeypatch.setenv("HOME", str(tmp_path))
    data = RealData.load("~/mine")
    assert (data.source, len(data.train)) == ("~/mine", 29)


def test_relative_folders_come_before_the_hub(
    tmp_path: Path, write_parquet: WriteParquet, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_parquet(tmp_path / "ylecun" / "mnist" / "all.parquet", [0, 1] * 10)
    monkeypatch.chdir(tmp_path)
    assert RealData.load("ylecun/mnist").classes == 2


def test_changed_files_are_read_anew_and_nothing_is_left_behind(
    tmp_path: Path, write_parquet: WriteParquet, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "scratch").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "scratch"))
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    path = tmp_path / "all.parquet"
    sizes = []
    for labels in ([0, 1] * 20, [0, 1] * 30):
        sizes.append(len(RealData.load(write_parquet(path, labels), validation=5, test=5).train))
    assert sizes == [30, 50]
    assert list((tmp_path / "scratch").iterdir()) == []
    assert not (tmp_path / "cache").exists()


def test_loading_is_silent_and_leaves_the_libraries_as_they_were(
    tmp_path: Path, write_parquet: WriteParquet, capfd: pytest.CaptureFixture[str]
) -> None:
    path = write_parquet(tmp_path / "all.parquet")
    capfd.readouterr()
    bars = datasets.are_progress_bars_disabled(), hub.are_progress_bars_disabled()
    verbosity = datasets.utils.logging.get_verbosity()
    filters = list(warnings.filters)
    RealData.load(path)
    damaged = tmp_path / "damaged" / "train.parquet"
    damaged.parent.mkdir()
    shutil.copy(path, damaged)
    damaged.write_bytes(damaged.read_bytes()[:200] + b"PAR1")
    with pytest.raises(DataError, match="is damaged"):
        RealData.load(damaged)
    assert capfd.readouterr() == ("", "")
    assert (datasets.are_progress_bars_disabled(), hub.are_progress_bars_disabled()) == bars
    assert datasets.utils.logging.get_verbosity() == verbosity
    assert logging.getLogger("huggingface_hub").level < logging.CRITICAL
    assert warnings.filters == filters
