"""What the tests of gtn-core share."""

from collections.abc import Callable, Iterator, Sequence

import pytest
import torch
from hypothesis import settings
from torch import Tensor

torch.set_num_threads(1)

settings.register_profile("gtn", deadline=None, derandomize=True, database=None)
settings.load_profile("gtn")


@pytest.fixture(autouse=True)
def _seeded_global_randomness() -> Iterator[None]:
    with torch.random.fork_rng([]):
        torch.default_generator.manual_seed(0)
        yield


@pytest.fixture(scope="session")
def relative_error() -> Callable[[Sequence[Tensor], Sequence[Tensor]], float]:
    """Largest difference over tensors, each relative to the largest element of the expected one.

    A tensor far smaller than the others, the result of cancellation, is taken to be a thousandth of the largest.
    """

    def largest(actual: Sequence[Tensor], expected: Sequence[Tensor]) -> float:
        sizes = [float(tensor.detach().abs().max()) for tensor in expected]
        worst = 0.0
        for found, wanted, size in zip(actual, expected, sizes, strict=True):
            assert found.shape == wanted.shape
            assert found.isfinite().all()
            difference = float((found.detach() - wanted.detach()).abs().max())
            if difference:
                assert max(sizes) > 0
                worst = max(difference / max(size, 1e-3 * max(sizes)), worst)
        return worst

    return largest
