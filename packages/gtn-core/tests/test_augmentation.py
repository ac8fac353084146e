"""Augmentation: small moves of whole images, drawn from a generator, through which gradients flow."""

import torch
from hypothesis import given
from hypothesis import strategies as st

from gtn_core.augmentation import augmented


def drawing(seed=0):
    return torch.Generator().manual_seed(seed)


@given(st.integers(1, 5), st.integers(1, 3), st.integers(2, 12), st.integers(2, 12), st.integers(0, 99))
def test_keeps_shape_and_range(count, channels, height, width, seed):
    images = torch.randn(count, channels, height, width, generator=drawing(seed))
    moved = augmented(images, drawing(seed))
    assert moved.shape == images.shape
    assert moved.min() >= images.min() - 1e-5
    assert moved.max() <= images.max() + 1e-5


def test_every_image_is_moved_in_its_own_way_and_stays_near():
    image = torch.zeros(1, 1, 28, 28)
    image[..., 10:18, 10:18] = 1
    moved = augmented(image.expand(200, -1, -1, -1), drawing())
    assert len({tuple(one.flatten().tolist()) for one in moved}) == 200
    places = torch.arange(28.0)
    centres = (moved.sum(dim=(1, 2)) @ places) / moved.sum(dim=(1, 2, 3))
    assert 1 < (centres - 13.5).abs().max() < 5  # a tenth of the side is 2.8, a fifth more by the stretch


def test_the_generator_decides():
    images = torch.rand(3, 1, 8, 8, generator=drawing())
    assert torch.equal(augmented(images, drawing(1)), augmented(images, drawing(1)))
    assert not torch.equal(augmented(images, drawing(1)), augmented(images, drawing(2)))


def test_gradients_agree_with_finite_differences():
    images = torch.rand(2, 1, 5, 5, dtype=torch.float64, generator=drawing()).requires_grad_()
    assert torch.autograd.gradcheck(lambda given: augmented(given, drawing(3)), (images,))
