import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional as F

from gtn_core.data import Augmentation, Normalization, augment
from gtn_core.errors import DataError, UnknownNameError


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def every_crop_and_flip(image: torch.Tensor, black: torch.Tensor) -> list[torch.Tensor]:
    """The 162 results that one image may have, made one by one with torch's own padding and flipping."""
    channels, height, width = image.shape
    padded = torch.stack([F.pad(image[c], (4, 4, 4, 4), value=black[c].item()) for c in range(channels)])
    crops = [padded[:, y : y + height, x : x + width] for y in range(9) for x in range(9)]
    return crops + [crop.flip(-1) for crop in crops]


def test_none_changes_nothing() -> None:
    images = torch.rand(2, 3, 8, 8)
    assert augment(images, "none", generator(), normalization=None) is images


@pytest.mark.parametrize("shape", [(3, 8, 8), (1, 9, 6), (3, 32, 32)])
def test_each_image_is_one_of_its_crops_and_flips(shape: tuple[int, int, int]) -> None:
    normalization = Normalization((0.4,) * shape[0], (0.2,) * shape[0])
    images = normalization.normalize(torch.rand(16, *shape, generator=generator(1)))
    kept = images.clone()
    results = augment(images, "crop_flip", generator(), normalization=normalization)
    assert results.shape == images.shape
    assert results.is_contiguous()
    assert torch.equal(images, kept), "the images given were changed"
    black = torch.full((shape[0],), -0.4 / 0.2)
    for image, result in zip(images, results, strict=True):
        assert any(torch.allclose(result, allowed, atol=1e-6) for allowed in every_crop_and_flip(image, black))


def test_all_shifts_and_both_sides_occur_about_equally() -> None:
    image = torch.arange(1.0, 65.0).view(1, 8, 8)
    results = augment(image.expand(8100, 1, 8, 8), "crop_flip", generator(), normalization=None)
    allowed = torch.stack(every_crop_and_flip(image, torch.zeros(1)))
    counts = (results.unsqueeze(1) == allowed).flatten(2).all(2).sum(0)
    assert counts.sum() == 8100
    assert counts.min() > 20  # 50 expected of each
    assert counts.max() < 90


def test_the_border_is_black_in_pixel_space() -> None:
    normalization = Normalization((0.5, 0.25, 0.1), (0.5, 0.125, 0.2))
    white = normalization.normalize(torch.ones(64, 3, 8, 8))
    pixels = normalization.denormalize(augment(white, "crop_flip", generator(), normalization=normalization))
    torch.testing.assert_close(pixels, pixels.round(), rtol=0, atol=1e-6)
    assert pixels.round().unique().tolist() == [0, 1]


def test_the_generator_decides_and_the_global_one_is_left_alone() -> None:
    images = torch.rand(32, 1, 8, 8)
    before = torch.get_rng_state()
    first, again, other = (augment(images, "crop_flip", generator(s), normalization=None) for s in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert torch.equal(torch.get_rng_state(), before)


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'crop_flip'"):
        augment(torch.rand(1, 1, 8, 8), "cropflip", generator(), normalization=None)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ["crop_flip", "affine"])
def test_images_of_one_number_are_changed_alike(kind: Augmentation) -> None:
    image = torch.rand(1, 8, 8, generator=generator(1))
    alike = torch.tensor([3, -1, 3, 8, -1])
    found = augment(image.expand(5, 1, 8, 8), kind, generator(), normalization=None, alike=alike)
    assert torch.equal(found[0], found[2])
    assert torch.equal(found[1], found[4])
    assert len({tuple(one.flatten().tolist()) for one in found}) == 3


@pytest.mark.parametrize("kind", ["crop_flip", "affine"])
def test_images_of_different_numbers_are_changed_as_without(kind: Augmentation) -> None:
    images = torch.rand(5, 1, 8, 8, generator=generator(1))
    found = augment(images, kind, generator(), normalization=None, alike=torch.arange(5))
    assert torch.equal(found, augment(images, kind, generator(), normalization=None))


def test_a_number_is_wanted_for_each_image() -> None:
    with pytest.raises(DataError, match=r"the shape \[2\]; give one number for each of 3 images"):
        augment(torch.rand(3, 1, 8, 8), "affine", generator(), normalization=None, alike=torch.tensor([0, 1]))


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_on_a_gpu_the_result_is_the_same_and_nothing_waits() -> None:
    normalization = Normalization((0.4,) * 3, (0.2,) * 3)
    images = torch.rand(64, 3, 32, 32)
    there = images.cuda()
    torch.cuda.synchronize()
    try:
        torch.cuda.set_sync_debug_mode("error")
        result = augment(there, "crop_flip", generator(), normalization=normalization)
    finally:
        torch.cuda.set_sync_debug_mode("default")
    torch.testing.assert_close(
        result.cpu(), augment(images, "crop_flip", generator(), normalization=normalization), rtol=1e-6, atol=1e-6
    )


@given(st.integers(1, 5), st.integers(1, 3), st.integers(2, 12), st.integers(2, 12), st.integers(0, 99))
def test_affine_keeps_shape_and_range(count: int, channels: int, height: int, width: int, seed: int) -> None:
    images = torch.randn(count, channels, height, width, generator=generator(seed))
    moved = augment(images, "affine", generator(seed), normalization=None)
    assert moved.shape == images.shape
    assert moved.min() >= images.min() - 1e-5
    assert moved.max() <= images.max() + 1e-5


def test_affine_moves_every_image_in_its_own_way_and_not_far() -> None:
    image = torch.zeros(1, 1, 28, 28)
    image[..., 10:18, 10:18] = 1
    moved = augment(image.expand(200, -1, -1, -1), "affine", generator(), normalization=None)
    assert len({tuple(one.flatten().tolist()) for one in moved}) == 200
    centres = (moved.sum(dim=(1, 2)) @ torch.arange(28.0)) / moved.sum(dim=(1, 2, 3))
    assert 1 < (centres - 13.5).abs().max() < 5  # a tenth of the side is 2.8, a quarter more where the image grows


def test_affine_gradients_agree_with_finite_differences() -> None:
    images = torch.rand(2, 1, 5, 5, dtype=torch.float64, generator=generator()).requires_grad_()
    moved = lambda given: augment(given, "affine", generator(3), normalization=None)  # noqa: E731
    assert torch.autograd.gradcheck(moved, (images,))
