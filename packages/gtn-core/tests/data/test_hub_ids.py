"""Hub ids, without a network: what stands in for the Hub, and what is said when it cannot be reached."""

from collections.abc import Callable
from pathlib import Path

import datasets
import pytest

from gtn_core.data import RealData
from gtn_core.errors import DataError, UnknownNameError

WriteParquet = Callable[..., Path]

KNOWN = [
    ("ylecun/mnist", "mnist"),
    ("zalando-datasets/fashion_mnist", "fashion_mnist"),
    ("uoft-cs/cifar10", "cifar10"),
]


@pytest.fixture
def unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)


@pytest.fixture
def network_forbidden(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the network was touched")

    monkeypatch.setattr("socket.getaddrinfo", refuse)
    monkeypatch.setattr("socket.socket.connect", refuse)


@pytest.mark.usefixtures("network_forbidden")
@pytest.mark.parametrize(("hub_id", "folder"), KNOWN)
def test_known_ids_are_read_from_the_real_data_folder(
    tmp_path: Path, write_parquet: WriteParquet, monkeypatch: pytest.MonkeyPatch, hub_id: str, folder: str
) -> None:
    for split, labels in (("train", [0, 1] * 30), ("test", [0, 1] * 5)):
        write_parquet(tmp_path / folder / f"{split}.parquet", labels)
    monkeypatch.setenv("GTN_REAL_DATA", str(tmp_path))
    for name in (hub_id, folder):
        data = RealData.load(name, validation=10)
        assert [len(split) for split in (data.train, data.validation, data.test)] == [50, 10, 10]
        assert data.source == hub_id


@pytest.mark.usefixtures("unreachable")
@pytest.mark.parametrize("held", ["nothing", "half", "no folder"])
def test_an_unreachable_hub_says_what_to_do(
    tmp_path: Path, write_parquet: WriteParquet, monkeypatch: pytest.MonkeyPatch, held: str
) -> None:
    if held == "half":
        write_parquet(tmp_path / "mnist" / "train.parquet")
    monkeypatch.setenv("GTN_REAL_DATA", str(tmp_path if held != "no folder" else tmp_path / "none"))
    for name in ("ylecun/mnist", "mnist"):
        with pytest.raises(DataError) as caught:
            RealData.load(name)
        assert str(caught.value) == (
            "cannot reach the Hub for 'ylecun/mnist'; use --data FOLDER (of parquet files or images), "
            "or set GTN_REAL_DATA to a folder that holds mnist/{train,test}.parquet"
        )
    with pytest.raises(DataError, match=r"cannot reach the Hub for 'someone/flowers'; use --data FOLDER \(.*\)$"):
        RealData.load("someone/flowers")


@pytest.mark.usefixtures("network_forbidden")
@pytest.mark.parametrize("name", ["mnits", "imagenet", "some one/flowers", "owner/", "/", "C:\\data", "https:"])
def test_what_is_no_id_never_touches_the_network(name: str) -> None:
    with pytest.raises((UnknownNameError, DataError)):
        RealData.load(name)


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (datasets.exceptions.DatasetNotFoundError("Dataset 'a/b'\ndoesn't exist"), "no folder 'a/b' here and no such"),
        (ConnectionError("Couldn't reach"), "cannot reach the Hub"),
        (ValueError("Config name is missing.\nPlease pick one among x"), "missing. Please pick one among x"),
    ],
)
def test_what_the_hub_answers_becomes_one_line(monkeypatch: pytest.MonkeyPatch, error: Exception, message: str) -> None:
    def fail(_: str, revision: str | None = None) -> None:
        raise error

    monkeypatch.setattr(datasets, "load_dataset", fail)
    with pytest.raises(DataError) as caught:
        RealData.load("a/b")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "names", [("train", "validation", "test"), ("training", "dev", "testing"), ("train", "val", "test")]
)
def test_splits_of_the_hub_are_known_by_their_usual_names(
    tmp_path: Path, write_parquet: WriteParquet, monkeypatch: pytest.MonkeyPatch, names: tuple[str, ...]
) -> None:
    sizes = dict(zip((*names, "extra"), (40, 8, 6, 100), strict=True))
    loaded = datasets.DatasetDict(
        {
            name: datasets.Dataset.from_parquet(
                str(write_parquet(tmp_path / f"{name}.parquet", [0, 1] * (size // 2))),
                cache_dir=str(tmp_path / "cache"),
            )
            for name, size in sizes.items()
        }
    )
    monkeypatch.setattr(datasets, "load_dataset", lambda _, revision: loaded)
    data = RealData.load("someone/flowers")
    assert [len(split) for split in (data.train, data.validation, data.test)] == [40, 8, 6]
    assert data.source == "someone/flowers"


def test_an_id_may_name_its_revision(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def fail(name: str, revision: str | None) -> None:
        asked.append((name, revision))
        raise ConnectionError

    monkeypatch.setattr(datasets, "load_dataset", fail)
    for name in ("a/b", "a/b@v1", "a/b@refs/pr/1", "ylecun/mnist@0123abc"):
        with pytest.raises(DataError, match=f"cannot reach the Hub for '{name}'"):
            RealData.load(name)
    assert asked == [("a/b", None), ("a/b", "v1"), ("a/b", "refs/pr/1"), ("ylecun/mnist", "0123abc")]


def test_a_data_set_without_training_data_is_refused(
    tmp_path: Path, write_parquet: WriteParquet, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = datasets.Dataset.from_parquet(str(write_parquet(tmp_path / "a.parquet")), cache_dir=str(tmp_path / "cache"))
    monkeypatch.setattr(datasets, "load_dataset", lambda _, revision: {"test": rows, "extra": rows})
    with pytest.raises(DataError, match="no training split; its splits are test, extra"):
        RealData.load("someone/flowers")
