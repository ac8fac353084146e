"""Batch norm when a learner is taught on synthetic images and then judged on real ones.

In the inner loop every normalisation layer uses the statistics of the synthetic batch at hand. On real data there are
three ways (`BatchNormMode`):

* `last_synthetic_batch` (the paper's code): the statistics of the last synthetic batch the learner was trained on.
  They depend on the meta-parameters and on the learner's parameters one step earlier, so the meta-gradient must flow
  through them. Stock layers cannot do that: they write their running statistics outside the graph, and `F.batch_norm`
  refuses statistics that require gradients. Hence `recorded` collects them with their graph, and
  `DifferentiableStatistics` lets the layers use them as running statistics.
* `running`: the layers' ordinary running statistics, constants for the meta-gradient.
* `batch`: the statistics of the evaluation batch itself (transductive: the result depends on which images are judged
  together).

The variance kept is the unbiased one, which is what a stock layer with `momentum=1.0` writes to `running_var`, so a
taught network behaves the same when it is later used without GTN. A layer that stays in evaluation mode while the
learner trains (frozen batch norm) keeps its own running statistics, whatever the mode.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from inspect import signature
from typing import Any, TypeAlias

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _NormBase
from torch.nn.modules.instancenorm import _InstanceNorm
from torch.overrides import TorchFunctionMode
from torch.utils.hooks import RemovableHandle

from gtn_core.typing import Tensors

STATISTICS = MEAN, VARIANCE = "running_mean", "running_var"


class MeanOnlyBatchNorm(nn.Module):
    """Subtract each channel's batch mean and add a learned bias; no variance, no scale (the paper's learners).

    Its second derivative costs next to nothing, unlike that of full batch norm. In evaluation mode the mean of the
    last training batch is used.
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
        An empty dictionary that fills, by `<layer>.running_mean` and `<layer>.running_var`, as the layers run. A
        layer that runs twice leaves its latest statistics, as it leaves its latest running statistics.
    """
    statistics: Tensors = {}

    def recorder(name: str, layer: NormalizationLayer) -> RemovableHandle:
        def record(_module: nn.Module, arguments: tuple[Tensor, ...], options: dict[str, Tensor]) -> None:
            if layer.training:
                (inputs,) = (*arguments, *options.values())
                statistics.update({f"{name}.{key}": value for key, value in _statistics(layer, inputs).items()})

        return layer.register_forward_pre_hook(record, with_kwargs=True)

    handles = [recorder(name, layer) for name, layer in layers.items()]
    try:
        yield statistics
    finally:
        for handle in handles:
            handle.remove()


class DifferentiableStatistics(TorchFunctionMode):
    """Within it, gradients flow to the statistics that a layer in evaluation mode normalises by.

    It stands in for torch's function, not for the layer, so that a subclass which does more than to normalise still
    does it.
    """

    def __torch_function__(
        self,
        function: Callable[..., object],
        types: object,
        arguments: tuple[Any, ...] = (),
        options: dict[str, Any] | None = None,
    ) -> object:
        """Run any function of torch, batch norm by given statistics as a composition of elementary operations."""
        options = options or {}
        if function in (F.batch_norm, F.instance_norm):
            given = signature(function).bind(*arguments, **options)
            given.apply_defaults()
            mean, variance = given.arguments["running_mean"], given.arguments["running_var"]
            by_batch = given.arguments.get("training", given.arguments.get("use_input_stats"))
            if not by_batch and (mean.requires_grad or variance.requires_grad):
                return _normalize(*(given.arguments[name] for name in ("input", *STATISTICS, "weight", "bias", "eps")))
        return function(*arguments, **options)


@contextmanager
def by_evaluation_batch(module: nn.Module, layers: dict[str, NormalizationLayer]) -> Iterator[None]:
    """Put the module in evaluation mode, but its layers in the mode they have while it trains, within the body."""
    module.train()
    training = [layer for layer in layers.values() if layer.training]
    module.eval()
    try:
        for layer in training:
            layer.training = True
        yield
    finally:
        module.eval()


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


def _normalize(
    inputs: Tensor, mean: Tensor, variance: Tensor, weight: Tensor | None, bias: Tensor | None, eps: float
) -> Tensor:
    scale = torch.rsqrt(variance + eps)
    scale = scale if weight is None else scale * weight
    normalized = (inputs - _per_channel(mean, inputs)) * _per_channel(scale, inputs)
    return normalized if bias is None else normalized + _per_channel(bias, inputs)


def _all_but_channels(inputs: Tensor) -> tuple[int, ...]:
    return (0, *range(2, inputs.dim()))


def _per_channel(values: Tensor, inputs: Tensor) -> Tensor:
    return values.view(1, -1, *[1] * (inputs.dim() - 2))
