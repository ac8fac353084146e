"""One seed in, as many independent named streams of randomness out.

A stream is named by words and numbers, `derive_seed(run_seed, "learner", outer_step, index)`, so a new consumer never
shifts the others and any moment of a run can be replayed without a stored generator state.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import blake2b

import torch


def derive_seed(seed: int, *path: str | int) -> int:
    """Return the 63-bit seed of the stream named by `path`.

    Example:
        >>> derive_seed(0, "learner", 3) == derive_seed(0, "learner", 3)
        True
        >>> derive_seed(0, "learner", 3) == derive_seed(0, "learner", 4)
        False
    """
    digest = blake2b(repr((seed, *path)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1


def generator_for(seed: int, *path: str | int) -> torch.Generator:
    """Return a CPU generator at the start of the stream named by `path`."""
    return torch.Generator().manual_seed(derive_seed(seed, *path))


@contextmanager
def seeded(seed: int, device: torch.device | str = "cpu") -> Iterator[None]:
    """Run the body with torch's global generators seeded, and put them back afterwards.

    For what torch offers only with the global generator: dropout and most initialisers.

    Args:
        seed: where the body's randomness starts.
        device: the device the body computes on; its generator is seeded and restored too.
    """
    place = torch.device(device)
    devices = [] if place.type == "cpu" else [place.index or 0]
    with torch.random.fork_rng(devices, device_type=place.type if devices else "cuda"):
        # torch.manual_seed seeds the accelerators too, and only those in `devices` are put back afterwards.
        seed_all = torch.manual_seed if devices else torch.default_generator.manual_seed
        seed_all(seed)
        yield


@contextmanager
def seeded_by(generator: torch.Generator) -> Iterator[None]:
    """Run the body like `seeded`, with a seed drawn from `generator`."""
    with seeded(int(torch.randint(2**63 - 1, (), generator=generator, device=generator.device))):
        yield
