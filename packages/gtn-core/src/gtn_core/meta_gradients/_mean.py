"""The interface of an estimator, and the mean over a meta-batch of learners."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from torch import Tensor

from gtn_core.typing import MetaBatches
from gtn_core.unroll import MetaGradient, Unroll


class MetaGradientEstimator(Protocol):
    """Estimates the gradient of an unroll's meta-loss with respect to the meta-parameters."""

    def __call__(self, unroll: Unroll, meta_parameters: Sequence[Tensor], meta_batches: MetaBatches) -> MetaGradient:
        """Return meta-loss and gradient."""
        ...


def mean_meta_gradient(
    estimator: MetaGradientEstimator,
    unrolls: Iterable[tuple[Unroll, MetaBatches]],
    meta_parameters: Sequence[Tensor],
) -> MetaGradient:
    """Return the mean over several learners, taken one after the other: memory does not grow with their number."""
    return mean_of(estimator(unroll, meta_parameters, meta_batches) for unroll, meta_batches in unrolls)


def mean_of(found: Iterable[MetaGradient]) -> MetaGradient:
    """Return the mean, holding one besides the sum at a time."""
    total: MetaGradient | None = None
    count = 0
    for one in found:
        count += 1
        if total is None:
            total = one
        else:
            total = MetaGradient(total.meta_loss + one.meta_loss, _sum(total.gradients, one.gradients))
    if total is None:
        raise ValueError("the mean of no unrolls is not defined")
    return MetaGradient(total.meta_loss / count, [gradient / count for gradient in total.gradients])


def _sum(left: list[Tensor], right: list[Tensor]) -> list[Tensor]:
    return [one + other for one, other in zip(left, right, strict=True)]
