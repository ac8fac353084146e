import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from gtn_core.errors import ConfigurationError
from gtn_core.generators import ImageGenerator


def small(image_shape=(1, 8, 8), classes=3, code_size=4, hidden=6, channels=(4, 3)):
    return ImageGenerator(
        image_shape=image_shape, classes=classes, code_size=code_size, hidden=hidden, channels=channels
    )


@pytest.mark.parametrize(
    ("image_shape", "count"), [((1, 28, 28), 6_660_226), ((3, 32, 32), 8_633_222)], ids=["mnist", "cifar10"]
)
def test_has_as_many_parameters_as_the_papers(image_shape, count):
    with torch.device("meta"):
        generator = ImageGenerator(image_shape=image_shape, classes=10)
    assert sum(parameter.numel() for parameter in generator.parameters()) == count


@given(
    sides=st.tuples(st.integers(8, 37), st.integers(8, 37)),
    depth=st.integers(1, 4),
    classes=st.integers(1, 5),
    batch=st.integers(2, 5),
    seed=st.integers(0, 100),
)
def test_makes_images_of_any_sides_with_pixels_within_two(sides, depth, classes, batch, seed):
    random = torch.Generator().manual_seed(seed)
    labels = torch.randint(classes, (batch,), generator=random)
    images = small((depth, *sides), classes)(100 * torch.randn(batch, 4, generator=random), labels)
    assert images.shape == (batch, depth, *sides)
    assert images.abs().max() <= 2
    assert images.isfinite().all()


def test_pixels_can_come_near_both_ends():
    generator = small()
    generator.second_convolution[0].parametrizations.weight.original0.data.mul_(100)
    images = generator(torch.randn(8, 4), torch.arange(8) % 3)
    assert images.max() > 1.9
    assert images.min() < -1.9


def test_the_label_changes_the_image():
    generator, codes = small(), torch.randn(4, 4)
    first, second = generator(codes, torch.tensor([0, 1, 2, 0])), generator(codes, torch.tensor([0, 1, 2, 1]))
    assert not torch.equal(first[3], second[3])


@pytest.mark.parametrize("training", [True, False])
def test_normalises_by_the_batch_at_hand_in_either_mode_and_keeps_no_statistics(training):
    generator, codes, labels = small().train(training), torch.randn(6, 4), torch.arange(6) % 3
    images = generator(codes, labels)
    assert torch.equal(images, generator(codes, labels))
    assert not torch.equal(images[:3], generator(codes[:3], labels[:3]))
    assert not list(generator.buffers())


def test_every_weight_is_normalised_and_starts_at_its_kaiming_draw():
    generator = ImageGenerator(image_shape=(1, 16, 16), classes=10, hidden=64, channels=(16, 32))
    layers = [module for module in generator.modules() if isinstance(module, nn.Linear | nn.Conv2d)]
    assert len(layers) == 4
    for layer in layers:
        magnitude, direction = layer.parametrizations.weight.original0, layer.parametrizations.weight.original1
        torch.testing.assert_close(magnitude.flatten(), direction.flatten(1).norm(dim=1))
        fan_in = direction[0].numel()
        assert direction.std().item() == pytest.approx((2 / fan_in) ** 0.5, rel=0.15)
    assert [layer.bias is None for layer in layers] == [True, True, True, False]


@settings(max_examples=5)
@given(seed=st.integers(0, 100))
def test_gradients_reach_every_parameter_and_the_codes(seed):
    torch.manual_seed(seed)
    generator, codes = small().double(), torch.randn(5, 4).double().requires_grad_()
    images = generator(codes, torch.arange(5) % 3)
    (images * torch.randn_like(images)).sum().backward()
    assert all(tensor.grad.any() for tensor in (codes, *generator.parameters()))


@pytest.mark.parametrize("image_shape", [(1, 7, 8), (1, 8, 7), (1, 0, 8)], ids=str)
def test_refuses_sides_below_eight(image_shape):
    with pytest.raises(ConfigurationError, match=f"at least 8 pixels; got {image_shape[1]} x {image_shape[2]}"):
        small(image_shape)


@pytest.mark.parametrize(
    "sizes",
    [{"classes": 0}, {"code_size": 0}, {"hidden": -1}, {"channels": (4, 0)}, {"image_shape": (0, 8, 8)}],
    ids=str,
)
def test_refuses_sizes_below_one(sizes):
    with pytest.raises(ConfigurationError, match="positive sizes"):
        small(**sizes)
