import random

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from gtn_core.seeding import derive_seed, generator_for, seeded, seeded_by

PATHS = st.lists(st.integers(0, 20) | st.text(max_size=5), max_size=3)


@given(st.integers(), PATHS)
def test_a_seed_fits_torchs_generators(seed, path):
    assert 0 <= derive_seed(seed, *path) < 2**63
    generator_for(seed, *path)


@given(st.integers(0, 20), PATHS, st.integers(0, 20), PATHS)
def test_streams_share_a_seed_only_if_their_names_are_equal(seed, path, other_seed, other_path):
    same = (seed, path) == (other_seed, other_path)
    assert (derive_seed(seed, *path) == derive_seed(other_seed, *other_path)) == same


def test_seeds_stay_what_they_are_between_versions():
    """Runs are resumed and teachers compared by them."""
    assert derive_seed(0, "learner", 3) == 8257658413268359202
    assert torch.rand((), generator=generator_for(0)).item() == torch.rand((), generator=generator_for(0)).item()


def test_seeded_repeats_and_puts_the_generator_back():
    before = torch.get_rng_state()
    with seeded(1):
        first = torch.rand(3)
    assert torch.equal(torch.get_rng_state(), before)
    torch.rand(5)
    with seeded(1):
        assert torch.equal(torch.rand(3), first)
    with seeded(2):
        assert not torch.equal(torch.rand(3), first)


def test_seeded_puts_the_generator_back_after_an_error():
    before = torch.get_rng_state()
    with pytest.raises(RuntimeError, match="size"), seeded(1):
        torch.rand(3) + torch.rand(4)
    assert torch.equal(torch.get_rng_state(), before)


def test_seeded_nests():
    with seeded(1):
        first, second = torch.rand(()), torch.rand(())
    with seeded(1):
        assert torch.rand(()) == first
        with seeded(2):
            torch.rand(7)
        assert torch.rand(()) == second


def test_seeded_on_the_cpu_seeds_no_accelerator(monkeypatch):
    monkeypatch.setattr(torch.cuda, "manual_seed_all", lambda _: pytest.fail("seeded, and never put back"))
    with seeded(1), seeded(1, "cpu"):
        torch.rand(())


def test_seeded_leaves_python_alone():
    random.seed(0)
    first = random.random()
    random.seed(0)
    with seeded(1):
        assert random.random() == first


def test_seeded_by_moves_the_given_generator_only():
    generator, twin = generator_for(0), generator_for(0)
    before = torch.get_rng_state()
    draws = []
    for source in (generator, twin, generator):
        with seeded_by(source):
            draws.append(torch.rand(()).item())
    assert draws[0] == draws[1] != draws[2]
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="torch sees no CUDA device")
def test_seeded_on_a_device_repeats_and_puts_its_generator_back():
    before = torch.cuda.get_rng_state()
    with seeded(1, "cuda"):
        first = torch.rand(3, device="cuda")
    assert torch.equal(torch.cuda.get_rng_state(), before)
    with seeded(1, "cuda:0"):
        assert torch.equal(torch.rand(3, device="cuda"), first)
