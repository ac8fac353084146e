import pytest
import torch

from gtn_nas.training._cutout import cutout


def test_each_image_loses_a_square_of_its_own():
    images = torch.ones(200, 2, 12, 10)
    lost = cutout(images, 0.4, torch.Generator().manual_seed(0)) == 0
    assert torch.equal(lost[:, 0], lost[:, 1])
    heights, widths = lost[:, 0].any(2).sum(1), lost[:, 0].any(1).sum(1)
    assert torch.equal(lost[:, 0].sum((1, 2)), heights * widths)
    assert (heights.max(), widths.max()) == (4, 4)
    assert (heights.min(), widths.min()) == (2, 2)  # the centre may lie at the edge
    assert len({tuple(image.flatten().tolist()) for image in lost[:, 0]}) > 50


@pytest.mark.parametrize("share", [0.0, 0.01])
def test_no_square_leaves_images_as_they_are(share):
    images = torch.rand(3, 1, 8, 8)
    assert cutout(images, share, torch.Generator()) is images


def test_the_generator_decides():
    images = torch.rand(5, 1, 8, 8)
    one, same, other = (cutout(images, 0.5, torch.Generator().manual_seed(seed)) for seed in (1, 1, 2))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)
