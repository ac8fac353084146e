"""What people bring by mistake; each answer is one clear line."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest
from datasets import ClassLabel, Dataset, Features, Image, Value
from PIL import Image as Pillow

from gtn_core.data import RealData
from gtn_core.errors import DataError, GTNError, UnknownNameError

Pictures = Callable[..., list[Pillow.Image]]
WriteParquet = Callable[..., Path]


def refusal(source: Path | str, kind: type[GTNError] = DataError, **options: object) -> str:
    """The message with which a source is refused; one line, and not endless."""
    with pytest.raises(kind) as caught:
        RealData.load(source, **options)  # type: ignore[arg-type]
    message = str(caught.value)
    assert "\n" not in message
    assert 20 < len(message) < 500
    return message


def png(pixels: np.ndarray) -> bytes:
    file = BytesIO()
    Pillow.fromarray(pixels).save(file, "png")
    return file.getvalue()


# Paths


def test_a_missing_folder_is_refused_with_its_nearest_neighbour(tmp_path: Path) -> None:
    (tmp_path / "flowers").mkdir()
    assert f"did you mean '{tmp_path / 'flowers'}'" in refusal(tmp_path / "flower")
    assert "no file or folder" in refusal(tmp_path / "nothing" / "here")
    for name in ("/nowhere/at/all", "./nowhere", "../nowhere/x", "~/nowhere", "nowhere.parquet", "a/b/c", "~nobody/x"):
        assert "no file or folder" in refusal(name)
    assert "no file or folder" in refusal(Path("digits"))
    assert "no file or folder" in refusal("/" + "x" * 300)


def test_an_empty_folder_and_a_folder_of_folders_are_refused(tmp_path: Path, write_parquet: WriteParquet) -> None:
    assert "it is empty" in refusal(tmp_path)
    write_parquet(tmp_path / "mnist" / "train.parquet")
    assert "it holds mnist. Name the folder that holds the files themselves" in refusal(tmp_path)


def test_other_files_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "table.csv"
    file.write_text("a,b\n1,2\n")
    assert "table.csv is not a .parquet file" in refusal(file)


def test_a_file_without_a_split_beside_others_is_refused(tmp_path: Path, write_parquet: WriteParquet) -> None:
    for name in ("train", "test", "trainer"):
        write_parquet(tmp_path / f"{name}.parquet")
    assert "trainer.parquet is not named for a split" in refusal(tmp_path)


# Files


@pytest.mark.parametrize("kept", [0, 3, 100, 0.5, 0.99])
def test_a_truncated_file_is_refused(tmp_path: Path, write_parquet: WriteParquet, kept: float) -> None:
    path = write_parquet(tmp_path / "train.parquet")
    whole = path.read_bytes()
    path.write_bytes(whole[: int(kept if kept >= 1 else kept * len(whole))])
    assert "train.parquet is not a whole parquet file" in refusal(tmp_path)


def test_a_file_with_a_hole_is_refused(tmp_path: Path, write_parquet: WriteParquet) -> None:
    path = write_parquet(tmp_path / "train.parquet", [0, 1] * 500)
    whole = path.read_bytes()
    middle = len(whole) // 4
    path.write_bytes(whole[:middle] + bytes(len(whole) // 2) + whole[middle + len(whole) // 2 :])
    refusal(tmp_path)


def test_splits_that_disagree_are_refused(tmp_path: Path, write_parquet: WriteParquet, pictures: Pictures) -> None:
    write_parquet(tmp_path / "train.parquet")
    write_parquet(tmp_path / "test.parquet", columns={"x": pictures([0, 1])}, features={"x": Image()})
    assert "cannot read" in refusal(tmp_path)


def test_an_empty_data_set_is_refused(tmp_path: Path, write_parquet: WriteParquet) -> None:
    write_parquet(tmp_path / "train.parquet", [])
    assert "empty (0 examples)" in refusal(tmp_path)
    write_parquet(tmp_path / "train.parquet")
    write_parquet(tmp_path / "test.parquet", [])
    assert "empty (0 examples)" in refusal(tmp_path)


# Columns


def test_no_label_column(tmp_path: Path, write_parquet: WriteParquet, pictures: Pictures) -> None:
    columns = {"image": pictures([0] * 9), "weight": [0.5] * 9}
    path = write_parquet(
        tmp_path / "a.parquet", columns=columns, features={"image": Image(), "weight": Value("float32")}
    )
    assert "has no label column; its columns are image (Image), weight (float32)" in refusal(path)
    assert "column 'weight' of" in refusal(path, label_column="weight")


def test_no_label_column_in_an_image_folder(tmp_path: Path) -> None:
    for split in ("train", "test"):
        (tmp_path / split).mkdir()
        for index in range(3):
            (tmp_path / split / f"{index}.png").write_bytes(png(np.zeros((4, 4), np.uint8)))
    assert "has no label column" in refusal(tmp_path)


def test_no_image_column(tmp_path: Path, write_parquet: WriteParquet) -> None:
    columns = {"image": ["a.png", "b.png"], "label": [0, 1]}
    path = write_parquet(tmp_path / "a.parquet", columns=columns)
    assert "has no image column; its columns are image (string), label (int64)" in refusal(path)


def test_several_image_columns(tmp_path: Path, write_parquet: WriteParquet, pictures: Pictures) -> None:
    columns = {"a": pictures([0, 1]), "b": pictures([0, 1]), "label": [0, 1]}
    features = {"a": Image(), "b": Image(), "label": ClassLabel(num_classes=2)}
    path = write_parquet(tmp_path / "a.parquet", columns=columns, features=features)
    assert "several image columns (a, b)" in refusal(path)


@pytest.mark.parametrize("kind", [ClassLabel(num_classes=2), Value("int32")])
def test_several_label_columns(tmp_path: Path, write_parquet: WriteParquet, pictures: Pictures, kind: object) -> None:
    columns = {"image": pictures([0, 1]), "coarse_label": [0, 1], "fine_label": [0, 1]}
    features = {"image": Image(), "coarse_label": kind, "fine_label": kind}
    path = write_parquet(tmp_path / "a.parquet", columns=columns, features=features)
    message = refusal(path)
    assert "(coarse_label, fine_label); choose one, as in label_column='coarse_label'" in message
    message = refusal(path, UnknownNameError, label_column="fine_lable")
    assert "did you mean 'fine_label'?" in message


# Labels


def labelled(tmp_path: Path, pictures: Pictures, labels: list[object], feature: object) -> Path:
    """Written past `datasets`, which would refuse some of these labels itself."""
    features = Features({"image": Image(), "label": feature})
    images = [{"bytes": png(np.asarray(image)), "path": None} for image in pictures([0] * len(labels))]
    schema = features.arrow_schema
    table = pyarrow.table({"image": images, "label": labels}, schema=schema)
    pyarrow.parquet.write_table(table, tmp_path / "train.parquet")
    return tmp_path / "train.parquet"


@pytest.mark.parametrize("feature", [ClassLabel(num_classes=2), Value("int64")])
def test_unlabelled_examples(tmp_path: Path, pictures: Pictures, feature: object) -> None:
    path = labelled(tmp_path, pictures, [0, 1, -1, -1] * 5, feature)
    assert "10 of the 20 labels of the train split" in refusal(path)


@pytest.mark.parametrize("feature", [ClassLabel(num_classes=2), Value("int64"), Value("string")])
def test_missing_labels(tmp_path: Path, pictures: Pictures, feature: object) -> None:
    values = ["a", "b", None] if feature == Value("string") else [0, 1, None]
    path = labelled(tmp_path, pictures, values * 5, feature)
    assert "example 2 of the train split" in refusal(path)


def test_labels_beyond_the_classes(tmp_path: Path, pictures: Pictures) -> None:
    message = refusal(labelled(tmp_path, pictures, [0, 1, 2] * 5, ClassLabel(num_classes=2)))
    assert "2" in message


def test_a_single_class(tmp_path: Path, write_parquet: WriteParquet) -> None:
    message = refusal(write_parquet(tmp_path / "a.parquet", [0] * 20, classes=1))
    assert "has only one class ('class 0')" in message


def test_a_class_missing_from_the_training_split(tmp_path: Path, write_parquet: WriteParquet) -> None:
    write_parquet(tmp_path / "train.parquet", [0, 2] * 20, classes=9)
    write_parquet(tmp_path / "test.parquet", [0, 1, 2], classes=9)
    message = refusal(tmp_path)
    assert "no example of classes 'class 1', 'class 3', 'class 4', 'class 5', 'class 6' and 2 more" in message


def test_a_class_too_small_for_a_stratified_split(tmp_path: Path, write_parquet: WriteParquet) -> None:
    message = refusal(write_parquet(tmp_path / "a.parquet", [0, 1] * 20 + [2], classes=3))
    assert "too few examples of class 'class 2' to hold out a test split" in message


def test_too_few_examples(tmp_path: Path, write_parquet: WriteParquet) -> None:
    path = write_parquet(tmp_path / "a.parquet", [0, 1] * 20)
    with pytest.raises(DataError, match="has 29 examples, which cannot fill a batch of 64"):
        RealData.load(path).require_batch(64)
    assert "cannot hold out 40 examples for validation" in refusal(path, validation=40)


# Images


def test_images_of_different_sizes(tmp_path: Path, write_parquet: WriteParquet, pictures: Pictures) -> None:
    images = [*pictures([0, 1, 0], side=6), Pillow.new("L", (5, 7))]
    features = {"image": Image(), "label": ClassLabel(num_classes=2)}
    path = write_parquet(tmp_path / "a.parquet", columns={"image": images, "label": [0, 1, 0, 1]}, features=features)
    message = refusal(path)
    assert "images differ in size: 6x6 (image 0 of" in message
    assert "5x7 (image 3 of" in message
    assert "resize" in message


def test_sizes_that_differ_between_splits(tmp_path: Path, write_parquet: WriteParquet, pictures: Pictures) -> None:
    features = {"image": Image(), "label": ClassLabel(num_classes=2)}
    for split, side in (("train", 6), ("test", 8)):
        columns = {"image": pictures([0, 1] * 9, side=side), "label": [0, 1] * 9}
        write_parquet(tmp_path / f"{split}.parquet", columns=columns, features=features)
    assert "8x8 (image 0 of the test split" in refusal(tmp_path)


@pytest.mark.parametrize("damage", ["cut", "garbage", "empty", "missing", "no such file"])
def test_damaged_images(tmp_path: Path, damage: str) -> None:
    whole = png(np.random.default_rng(0).integers(0, 255, (20, 20), dtype=np.uint8))
    record = {
        "cut": {"bytes": whole[: len(whole) // 2], "path": None},
        "garbage": {"bytes": b"\x00" * 100, "path": None},
        "empty": {"bytes": b"", "path": None},
        "missing": None,
        "no such file": {"bytes": None, "path": str(tmp_path / "gone.png")},
    }[damage]
    rows = {"image": [{"bytes": whole, "path": None}, record], "label": [0, 1]}
    features = Features({"image": Image(decode=False), "label": ClassLabel(num_classes=2)})
    written = Dataset.from_dict(rows, features=features).cast_column("image", Image())
    pyarrow.parquet.write_table(written.data.table, tmp_path / "a.parquet")
    message = refusal(tmp_path / "a.parquet")
    assert "image 1 of the train split" in message


def test_a_damaged_file_in_an_image_folder_is_named(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        for index in range(4):
            (tmp_path / name / f"{index}.png").write_bytes(png(np.zeros((4, 4), np.uint8)))
    (tmp_path / "b" / "2.png").write_bytes(b"not an image")
    assert f"({tmp_path / 'b' / '2.png'}) cannot be decoded" in refusal(tmp_path)


@pytest.mark.parametrize("excess", [1.5, 3])
def test_an_absurdly_large_image(
    tmp_path: Path, write_parquet: WriteParquet, monkeypatch: pytest.MonkeyPatch, excess: float
) -> None:
    """Pillow warns above its limit and refuses above twice the limit."""
    path = write_parquet(tmp_path / "a.parquet")
    monkeypatch.setattr(Pillow, "MAX_IMAGE_PIXELS", int(36 / excess))
    message = refusal(path)
    assert "image 0 of the train split" in message
    assert "absurdly large" in message


def test_pixels_of_unknown_range(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        Pillow.fromarray(np.zeros((4, 4), np.float32)).save(tmp_path / name / "0.tiff")
    assert "32-bit pixels (mode F)" in refusal(tmp_path)


def test_a_mix_of_depths(tmp_path: Path) -> None:
    for name, dtype in (("a", np.uint8), ("b", np.uint16)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "0.png").write_bytes(png(np.zeros((4, 4), dtype)))
    assert "mixes 8-bit and 16-bit" in refusal(tmp_path)
