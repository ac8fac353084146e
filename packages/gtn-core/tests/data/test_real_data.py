"""The front door on the digits: splits, batches, normalisations."""

import os
import subprocess
import sys

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_digits

from gtn_core.data import Normalization, RealData, Split
from gtn_core.errors import DataError, UnknownNameError


@pytest.fixture(scope="module")
def digits() -> RealData:
    return RealData.load("digits")


def pixels_and_labels(data: RealData) -> list[tuple[bytes, int]]:
    """Everything in the data, as sortable rows of the original levels 0 to 16."""
    rows = []
    for split in (data.train, data.validation, data.test):
        levels = (data.normalization.denormalize(split.images) * 16).round().to(torch.uint8).flatten(1)
        rows += [(bytes(row.tolist()), label) for row, label in zip(levels, split.labels.tolist(), strict=True)]
    return sorted(rows)


def test_digits_are_those_of_scikit_learn(digits: RealData) -> None:
    bunch = load_digits()
    expected = sorted(
        (bytes(row.astype("uint8").tolist()), int(label)) for row, label in zip(bunch.data, bunch.target, strict=True)
    )
    assert pixels_and_labels(digits) == expected


def test_digits_look_as_promised(digits: RealData) -> None:
    assert (digits.image_shape, digits.classes, digits.source) == ((1, 8, 8), 10, "digits")
    assert digits.class_names == tuple("0123456789")
    assert digits.train.images.dtype == torch.float32
    assert digits.train.labels.dtype == torch.int64
    assert digits.train.images.is_contiguous()


def test_the_representation_is_short(digits: RealData) -> None:
    assert repr(digits.train) == "Split(1294 images [1, 8, 8] on cpu)"
    assert len(repr(digits)) < 600


def test_the_training_split_has_mean_0_and_std_1(digits: RealData) -> None:
    images = digits.train.images.double()
    assert images.mean().item() == pytest.approx(0, abs=1e-6)
    assert images.std(correction=0).item() == pytest.approx(1, abs=1e-6)


def test_the_normalisation_is_measured_on_the_training_split_alone(digits: RealData) -> None:
    unit = digits.normalization.denormalize(digits.train.images.double())
    assert digits.normalization.mean[0] == pytest.approx(unit.mean().item(), abs=1e-6)
    assert digits.normalization.std[0] == pytest.approx(unit.std(correction=0).item(), abs=1e-6)


def test_the_default_split_never_changes(digits: RealData) -> None:
    """Recorded accuracies of teachers rest on it."""
    assert [len(split) for split in (digits.train, digits.validation, digits.test)] == [1294, 144, 359]
    assert digits.test.labels[:20].tolist() == [1, 5, 6, 9, 7, 0, 4, 6, 5, 2, 6, 7, 3, 4, 9, 2, 0, 1, 7, 6]
    assert digits.validation.labels[:20].tolist() == [0, 1, 3, 1, 2, 7, 9, 7, 3, 7, 5, 3, 7, 2, 2, 0, 6, 1, 0, 6]


@settings(max_examples=12, deadline=None)
@given(validation=st.integers(10, 800), test=st.integers(10, 800), seed=st.integers(0, 2**40))
def test_splits_have_the_sizes_asked_for_and_lose_nothing(validation: int, test: int, seed: int) -> None:
    data = RealData.load("digits", validation=validation, test=test, seed=seed)
    assert (len(data.validation), len(data.test)) == (validation, test)
    everything = load_digits()
    assert len(data.train) == len(everything.target) - validation - test
    assert pixels_and_labels(data) == pixels_and_labels(RealData.load("digits"))
    for split, size in ((data.validation, validation), (data.test, test)):
        counts = torch.bincount(split.labels, minlength=10)
        assert counts.min() >= size // 10 - 3  # stratified: the classes of the digits are nearly even
        assert counts.max() <= size // 10 + 4


@settings(max_examples=6, deadline=None)
@given(validation=st.floats(0.01, 0.4), test=st.floats(0.01, 0.4))
def test_splits_can_be_fractions(validation: float, test: float) -> None:
    data = RealData.load("digits", validation=validation, test=test)
    assert len(data.test) == round(test * 1797)
    assert len(data.validation) == round(validation * (1797 - len(data.test)))


def test_the_seed_decides_the_split_and_the_global_generator_does_not(digits: RealData) -> None:
    torch.manual_seed(5)
    assert torch.equal(RealData.load("digits").test.images, digits.test.images)
    assert not torch.equal(RealData.load("digits", seed=1).test.labels, digits.test.labels)


def test_another_validation_size_leaves_the_test_split_alone(digits: RealData) -> None:
    assert torch.equal(RealData.load("digits", validation=300).test.labels, digits.test.labels)


@pytest.mark.parametrize("size", [0, -3, 1.0, 1.5, True, "10"])
def test_impossible_sizes_are_refused(size: object) -> None:
    with pytest.raises(DataError, match="give a number of examples"):
        RealData.load("digits", validation=size)  # type: ignore[arg-type]


@pytest.mark.parametrize(("size", "message"), [(1797, "ask for fewer"), (9, "one a class"), (1790, "one a class")])
def test_sizes_that_do_not_fit_the_data_are_refused(size: int, message: str) -> None:
    with pytest.raises(DataError, match=message):
        RealData.load("digits", test=size)


def test_a_batch_holds_real_examples_without_repetition(digits: RealData) -> None:
    split = Split(torch.arange(50.0).view(50, 1, 1, 1), torch.arange(50))
    batch = split.batch(20, torch.Generator().manual_seed(0))
    assert len(batch.labels.unique()) == 20
    assert torch.equal(batch.images.flatten(), batch.labels.float())
    assert sorted(split.batch(50, torch.Generator()).labels.tolist()) == list(range(50))


def test_batches_follow_their_generator_and_differ_from_draw_to_draw(digits: RealData) -> None:
    generator = torch.Generator().manual_seed(3)
    first, second = digits.train.batch(16, generator), digits.train.batch(16, generator)
    again = digits.train.batch(16, torch.Generator().manual_seed(3))
    assert torch.equal(first.images, again.images)
    assert not torch.equal(first.images, second.images)


def test_take_keeps_the_order_of_the_indices(digits: RealData) -> None:
    indices = torch.tensor([5, 2, 2, 9])
    batch = digits.test.take(indices)
    assert torch.equal(batch.images, digits.test.images[indices])
    assert torch.equal(batch.labels, digits.test.labels[indices])


@pytest.mark.parametrize("size", [0, 145])
def test_a_batch_larger_than_the_split_is_refused(digits: RealData, size: int) -> None:
    with pytest.raises(DataError, match=f"batch of {size} from 144"):
        digits.validation.batch(size, torch.Generator())


def test_require_batch_says_what_is_missing(digits: RealData) -> None:
    digits.require_batch(1294)
    with pytest.raises(DataError, match="digits has 1294 examples, which cannot fill a batch of 1295; lower"):
        digits.require_batch(1295)


def test_normalized_by_keeps_the_pixels(digits: RealData) -> None:
    other = Normalization((0.1,), (0.7,))
    changed = digits.normalized_by(other)
    assert changed.normalization == other
    assert pixels_and_labels(changed) == pixels_and_labels(digits)
    loaded = RealData.load("digits", normalization=other)
    torch.testing.assert_close(changed.test.images, loaded.test.images, rtol=1e-5, atol=1e-6)
    assert digits.normalized_by(digits.normalization) is digits


def test_a_normalisation_of_other_channels_is_refused(digits: RealData) -> None:
    colour = Normalization((0.5,) * 3, (0.2,) * 3)
    with pytest.raises(DataError, match="3 channel"):
        digits.normalized_by(colour)
    with pytest.raises(DataError, match="3 channel"):
        RealData.load("digits", normalization=colour)


@pytest.mark.parametrize("name", ["digit", "Digits", "mnits", "fashion-mnist", "cifar", ""])
def test_unknown_names_are_refused_with_what_is_allowed(name: str) -> None:
    with pytest.raises(UnknownNameError, match="Allowed: cifar10, digits, fashion_mnist, mnist") as caught:
        RealData.load(name)
    assert "\n" not in str(caught.value)
    if name == "mnits":
        assert "did you mean 'mnist'?" in str(caught.value)


def test_importing_the_package_leaves_the_slow_libraries_alone() -> None:
    code = "import sys, gtn_core.data; print(sorted({'datasets', 'sklearn', 'PIL', 'pandas'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ)
    assert done.stdout.strip() == "[]"


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_batches_on_a_gpu_never_wait_for_it(digits: RealData) -> None:
    there = digits.to("cuda")
    assert there.test.images.device.type == "cuda"
    torch.cuda.synchronize()
    try:
        torch.cuda.set_sync_debug_mode("error")
        batch = there.train.batch(32, torch.Generator().manual_seed(0))
    finally:
        torch.cuda.set_sync_debug_mode("default")
    assert torch.equal(batch.images.cpu(), digits.train.batch(32, torch.Generator().manual_seed(0)).images)
