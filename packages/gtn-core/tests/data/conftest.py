"""Small data sets on disk, in the shapes that the Hub and people's folders have."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from datasets import ClassLabel, Dataset, Features, Image
from PIL import Image as Pillow


@pytest.fixture(autouse=True)
def no_real_data_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GTN_REAL_DATA", raising=False)


@pytest.fixture
def pictures() -> Callable[..., list[Pillow.Image]]:
    """Random pictures; the first pixel of each tells its class."""

    def make(labels: list[int], mode: str = "L", side: int = 6, seed: int = 0) -> list[Pillow.Image]:
        generator = np.random.default_rng(seed)
        channels = {"L": (), "RGB": (3,), "RGBA": (4,), "CMYK": (4,)}[mode]
        arrays = generator.integers(0, 256, (len(labels), side, side, *channels), dtype=np.uint8)
        arrays[:, 0, 0] = np.asarray(labels, np.uint8).reshape(-1, *[1] * len(channels))
        return [Pillow.fromarray(array) for array in arrays]

    return make


@pytest.fixture
def write_parquet(pictures: Callable[..., list[Pillow.Image]]) -> Callable[..., Path]:
    """Write a parquet file as the Hub's image data sets are, or with columns and features of one's own."""

    def write(
        path: Path,
        labels: list[int] | None = None,
        *,
        mode: str = "L",
        classes: int = 2,
        columns: dict[str, list[object]] | None = None,
        features: dict[str, object] | None = None,
        seed: int = 0,
    ) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        labels = [0, 1] * 20 if labels is None else labels
        if columns is None:
            columns = {"picture": pictures(labels, mode, seed=seed), "kind": labels}
            features = {"picture": Image(), "kind": ClassLabel(names=[f"class {i}" for i in range(classes)])}
        typed = Features(features) if features is not None else None
        Dataset.from_dict(columns, features=typed).to_parquet(str(path))
        return path

    return write
