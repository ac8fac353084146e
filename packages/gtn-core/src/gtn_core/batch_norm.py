"""Batch norm when a learner is taught on synthetic images and then judged on real ones.

In the inner loop every normalisation layer uses the statistics of the synthetic batch at hand. On real data there are three ways
(`BatchNormMode`):

* `last_synthetic_batch` (the paper's code): the statistics of the last synthetic batch the learner was trained on. They depend on the
  meta-parameters and on the learner's parameters one step earlier, so the meta-gradient must flow through them. Stock layers cannot do
  that: they write their running statistics outside the graph, and `F.batch_norm` refuses statistics that require gradients. Hence
  `recorded` collects them with their graph, and `replaced` makes the layers use them.
* `running`: the layers' ordinary running statistics, constants for the meta-gradient.
* `batch`: the statistics of the evaluation batch itself (transductive: the result depends on which images are judged together).

The variance kept is the unbiased one, which is what a stock layer with `momentum=1.0` writes to `running_var`, so a taught network behaves
the same when it is later used without GTN.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _NormBase
from torch.nn.modules.instancenorm import _InstanceNorm

from gtn_core.typing import Tensors

MEAN, VARIANCE = "running_mean", "running_var"


class MeanOnlyBatchNorm(nn.Module):
    """Subtract each channel's batch mean and add a learned bias; no variance, no scale (the paper's learners).

    Its second derivative costs next to nothing, unlike that of full batch norm. In evaluation mode the mean of the last training batch is used.
    Source: Salimans and Kingma, "Weight normalization" (2016), section 3; Such et al. (2020), learners of section 3.

    Args:
        channels: size of dimension 1 of the input, which may have any number of dimensions from 2 on.

    Example:
        >>> layer = MeanOnlyBatchNorm(2)
        >>> layer(torch.tensor([[1.0, 2.0], [3.0, 6.0]]))
        tensor([[-1., -2.],
                [ 1.,  2.]], grad_fn=<AddBackward0>)
    """

    running_mean: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(channels))
        self.register_buffer(MEAN, torch.zeros(channels))

    def forward(self, inputs: Tensor) -> Tensor:
        """Return the centred input plus the bias, in the shape of the input."""
        if not self.training:
            return inputs - _per_channel(self.running_mean - self.bias, inputs)
        mean = inputs.mean(_all_but_channels(inputs))
        with torch.no_grad():
            self.running_mean.copy_(mean)
        return inputs - _per_channel(mean, inputs) + _per_channel(self.bias, inputs)


NormalizationLayer: TypeAlias = MeanOnlyBatchNorm | _NormBase


def normalization_layers(module: nn.Module) -> dict[str, NormalizationLayer]:
    """Return, by name, the layers that carry statistics from training batches to evaluation.

    Layers built with `track_running_stats=False` carry none and are left to themselves.
    """
    return {
        name: layer
        for name, layer in module.named_modules()
        if isinstance(layer, MeanOnlyBatchNorm) or (isinstance(layer, _NormBase) and layer.track_running_stats)
    }


@contextmanager
def recorded(layers: dict[str, NormalizationLayer]) -> Iterator[Tensors]:
    """Collect the statistics of the inputs that reach the layers within the body, with their graph.

    Yields:
        An empty dictionary that fills, by `<layer>.running_mean` and `<layer>.running_var`, as the layers run. A layer that
        runs twice leaves its latest statistics, as it leaves its latest running statistics.
    """
    statistics: Tensors = {}

    def recorder(name: str, layer: NormalizationLayer) -> Any:
        def record(_module: nn.Module, arguments: tuple[Tensor, ...]) -> None:
            statistics.update({f"{name}.{key}": value for key, value in _statistics(layer, arguments[0]).items()})

        return layer.register_forward_pre_hook(record)

    handles = [recorder(name, layer) for name, layer in layers.items()]
    try:
        yield statistics
    finally:
        for handle in handles:
            handle.remove()


@contextmanager
def replaced(layers: dict[str, NormalizationLayer], statistics: Tensors) -> Iterator[None]:
    """Make the layers normalise by the given statistics within the body, differentiably."""

    def normalizer(name: str, layer: NormalizationLayer) -> Any:
        return lambda inputs: _normalize(
            layer, inputs, statistics[f"{name}.{MEAN}"], statistics.get(f"{name}.{VARIANCE}")
        )

    try:
        for name, layer in layers.items():
            vars(layer)["forward"] = normalizer(name, layer)
        yield
    finally:
        for layer in layers.values():
            vars(layer).pop("forward", None)


@contextmanager
def by_evaluation_batch(layers: dict[str, NormalizationLayer]) -> Iterator[None]:
    """Make the layers normalise by the batch at hand within the body, as in training."""
    modes = {name: layer.training for name, layer in layers.items()}
    try:
        for layer in layers.values():
            layer.training = True
        yield
    finally:
        for name, layer in layers.items():
            layer.training = modes[name]


def _statistics(layer: NormalizationLayer, inputs: Tensor) -> Tensors:
    if isinstance(layer, MeanOnlyBatchNorm):
        return {MEAN: inputs.mean(_all_but_channels(inputs))}
    if isinstance(layer, _InstanceNorm):
        places = tuple(range(2, inputs.dim()))
        return {MEAN: inputs.mean(places).mean(0), VARIANCE: inputs.var(places, correction=1).mean(0)}
    return {
        MEAN: inputs.mean(_all_but_channels(inputs)),
        VARIANCE: inputs.var(_all_but_channels(inputs), correction=1),
    }


def _normalize(layer: NormalizationLayer, inputs: Tensor, mean: Tensor, variance: Tensor | None) -> Tensor:
    centred = inputs - _per_channel(mean, inputs)
    if isinstance(layer, MeanOnlyBatchNorm):
        return centred + _per_channel(layer.bias, inputs)
    assert variance is not None
    scale = torch.rsqrt(variance + layer.eps)
    if not layer.affine:
        return centred * _per_channel(scale, inputs)
    return centred * _per_channel(scale * layer.weight, inputs) + _per_channel(layer.bias, inputs)


def _all_but_channels(inputs: Tensor) -> tuple[int, ...]:
    return (0, *range(2, inputs.dim()))


def _per_channel(values: Tensor, inputs: Tensor) -> Tensor:
    return values.view(1, -1, *[1] * (inputs.dim() - 2))
