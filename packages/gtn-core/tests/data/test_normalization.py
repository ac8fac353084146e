import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from gtn_core.data import Normalization
from gtn_core.errors import DataError

means = st.floats(0, 1)
stds = st.floats(0.01, 1)


@given(st.lists(st.tuples(means, stds), min_size=1, max_size=4), st.integers(0, 2**32))
def test_denormalize_undoes_normalize(channels: list[tuple[float, float]], seed: int) -> None:
    normalization = Normalization(*map(tuple, zip(*channels, strict=True)))  # type: ignore[arg-type]
    images = torch.rand(2, len(channels), 3, 5, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    kept = images.clone()
    torch.testing.assert_close(normalization.denormalize(normalization.normalize(images)), images)
    assert torch.equal(images, kept), "the images given were changed"


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_the_dtype_is_kept(dtype: torch.dtype) -> None:
    normalization = Normalization((0.5, 0.25), (0.5, 0.25))
    images = torch.ones(1, 2, 4, 4, dtype=dtype)
    assert normalization.normalize(images).dtype == dtype
    assert normalization.normalize(images)[0, :, 0, 0].tolist() == [1, 3]
    assert normalization.denormalize(images)[0, :, 0, 0].tolist() == [1, 0.5]


def test_gradients_pass_through() -> None:
    images = torch.rand(1, 1, 2, 2, requires_grad=True)
    (gradient,) = torch.autograd.grad(Normalization((0.5,), (0.25,)).normalize(images).sum(), images)
    assert torch.equal(gradient, torch.full_like(images, 4.0))
    (gradient,) = torch.autograd.grad(Normalization((0.5,), (0.25,)).denormalize(images).sum(), images)
    assert torch.equal(gradient, torch.full_like(images, 0.25))


def test_lists_as_json_gives_them_are_welcome() -> None:
    assert Normalization([0.5], [1]) == Normalization((0.5,), (1.0,))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("mean", "std", "message"),
    [
        ((), (), "one mean and one std a channel"),
        ((0.5,), (0.1, 0.2), "got 1 and 2"),
        ((0.5,), (0.0,), "positive"),
        ((0.5,), (-1.0,), "positive"),
        ((math.nan,), (1.0,), "finite"),
        ((0.0,), (math.inf,), "finite"),
    ],
)
def test_numbers_that_cannot_normalise_are_refused(
    mean: tuple[float, ...], std: tuple[float, ...], message: str
) -> None:
    with pytest.raises(DataError, match=message):
        Normalization(mean, std)


def test_images_that_do_not_fit_are_refused() -> None:
    normalization = Normalization((0.5,), (0.5,))
    with pytest.raises(DataError, match=r"\[2, 3, 4, 4\] do not fit a normalisation of 1 channel"):
        normalization.normalize(torch.zeros(2, 3, 4, 4))
    with pytest.raises(DataError, match="divide by 255"):
        normalization.normalize(torch.zeros(2, 1, 4, 4, dtype=torch.uint8))
