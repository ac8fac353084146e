"""MNIST, Fashion-MNIST and CIFAR-10 themselves, against published figures.

They are read from the folder GTN_REAL_DATA (default ~/.cache/gtn-real-data) and skipped where it is absent.
"""

import os
from pathlib import Path

import pytest
import torch

from gtn_core.data import RealData

ROOT = Path(os.environ.get("GTN_REAL_DATA", Path.home() / ".cache" / "gtn-real-data"))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("hub_id", "folder", "shape", "sizes", "mean", "std", "train_counts"),
    [
        pytest.param(
            "ylecun/mnist", "mnist", (1, 28, 28), (50_000, 10_000, 10_000), (0.1307,), (0.3081,),
            [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949], id="mnist",
        ),
        pytest.param(
            "zalando-datasets/fashion_mnist", "fashion_mnist", (1, 28, 28), (50_000, 10_000, 10_000), (0.2860,),
            (0.3530,), [6000] * 10, id="fashion_mnist",
        ),
        pytest.param(
            "uoft-cs/cifar10", "cifar10", (3, 32, 32), (45_000, 5_000, 10_000), (0.4914, 0.4822, 0.4465),
            (0.2470, 0.2435, 0.2616), [5000] * 10, id="cifar10",
        ),
    ],
)  # fmt: skip
def test_the_paper_split_and_published_figures(
    monkeypatch: pytest.MonkeyPatch,
    hub_id: str,
    folder: str,
    shape: tuple[int, int, int],
    sizes: tuple[int, int, int],
    mean: tuple[float, ...],
    std: tuple[float, ...],
    train_counts: list[int],
) -> None:
    if not (ROOT / folder / "test.parquet").is_file():
        pytest.skip(f"no {folder}/ in {ROOT} (GTN_REAL_DATA)")
    monkeypatch.setenv("GTN_REAL_DATA", str(ROOT))
    data = RealData.load(hub_id)
    assert data.image_shape == shape
    assert tuple(len(split) for split in (data.train, data.validation, data.test)) == sizes
    assert data.normalization.mean == pytest.approx(mean, abs=6e-4)
    assert data.normalization.std == pytest.approx(std, abs=6e-4)
    kept, held = (torch.bincount(split.labels, minlength=10) for split in (data.train, data.validation))
    assert (kept + held).tolist() == train_counts
    assert (kept * sizes[1] / sizes[0] - held).abs().max() <= 1, "not stratified"
