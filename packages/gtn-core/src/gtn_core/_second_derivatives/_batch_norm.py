"""Batch norm by the batch at hand, with a second derivative in closed form.

torch composes the second derivative of batch norm from some thirty passes over the activations; on a CPU that is the
largest single cost of a meta-step. It is a combination, with one coefficient a channel, of three tensors that are at
hand. With n values a channel, s = 1 / sqrt(variance + eps), x^ = s (x - mean), and P v = v - mean(v) - x^ mean(v x^),

    y = w x^ + b,    dx = w s P g,    dw = sum(g x^),    db = sum(g)

is the layer and its first derivative at g = dy. For cotangents u, a, c of dx, dw, db the second derivative is

    to g:  w s P u + a x^ + c
    to w:  s K                                        where K = sum(u g) - n mean(u) mean(g) - n mean(u x^) mean(g x^)
    to x:  s P h - w s^2 x^ K / n                     where h = a g - w s (mean(g x^) u + mean(u x^) g)

The sums over g are dw and db, and torch's own first derivative at u yields w s P u and the sums over u, so what is left
is one sum and two elementwise combinations. Third derivatives are refused.
"""

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable


def batch_norm(
    inputs: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None,
    bias: Tensor | None,
    momentum: float,
    eps: float,
) -> Tensor:
    """Normalise by the batch's statistics and update the running ones, as `F.batch_norm` does while training."""
    channels = inputs.new_ones(inputs.shape[1])
    weight = channels if weight is None else weight
    bias = torch.zeros_like(channels) if bias is None else bias
    outputs: Tensor = _BatchNorm.apply(inputs, weight, bias, running_mean, running_var, momentum, eps)[0]  # type: ignore[no-untyped-call]
    return outputs


class _BatchNorm(torch.autograd.Function):
    @staticmethod
    def forward(
        inputs: Tensor,
        weight: Tensor,
        bias: Tensor,
        running_mean: Tensor | None,
        running_var: Tensor | None,
        momentum: float,
        eps: float,
    ) -> tuple[Tensor, Tensor, Tensor]:
        return torch.native_batch_norm(inputs, weight, bias, running_mean, running_var, True, momentum, eps)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: tuple[Tensor, Tensor, Tensor]) -> None:
        values, weight, *_, ctx.eps = inputs
        ctx.mark_non_differentiable(*output[1:])
        ctx.set_materialize_grads(False)
        ctx.save_for_backward(values, weight, *output[1:])

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor | None) -> tuple[Tensor | None, ...]:
        gradient, *_ = gradients
        if gradient is None:
            return (None,) * 7
        found = _FirstDerivative.apply(gradient, *ctx.saved_tensors, ctx.eps)  # type: ignore[no-untyped-call]
        return *found, None, None, None, None


class _FirstDerivative(torch.autograd.Function):
    @staticmethod
    def forward(
        gradient: Tensor, inputs: Tensor, weight: Tensor, mean: Tensor, scale: Tensor, eps: float
    ) -> tuple[Tensor, Tensor, Tensor]:
        return _first_derivative(gradient, inputs, weight, mean, scale, eps)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: tuple[Tensor, Tensor, Tensor]) -> None:
        *tensors, ctx.eps = inputs
        ctx.save_for_backward(*tensors, *output[1:])

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, u: Tensor, a: Tensor, c: Tensor) -> tuple[Tensor | None, ...]:
        g, x, w, mean, s, sum_g_xhat, sum_g = ctx.saved_tensors
        n = x.numel() / x.shape[1]
        to_g, sum_u_xhat, sum_u = _first_derivative(u, x, w, mean, s, ctx.eps)
        k = _channel_sums(u, g) - sum_u * sum_g / n - sum_u_xhat * sum_g_xhat / n
        ws = w * s
        mean_h = (a * sum_g - ws * (sum_g_xhat * sum_u + sum_u_xhat * sum_g) / n) / n
        mean_h_xhat = (a * sum_g_xhat - ws * 2 * sum_g_xhat * sum_u_xhat / n) / n
        of_u = -s * ws * sum_g_xhat / n
        of_g = s * (a - ws * sum_u_xhat / n)
        of_xhat = -s * (mean_h_xhat + ws * k / n)
        to_x = _combination(of_xhat * s, x, -s * mean_h - of_xhat * s * mean)
        to_x.addcmul_(u, _per_channel(of_u, x)).addcmul_(g, _per_channel(of_g, x))
        to_g = to_g.add_(_combination(a * s, x, c - a * s * mean))
        return to_g, to_x, s * k, None, None, None


def _first_derivative(
    gradient: Tensor, inputs: Tensor, weight: Tensor, mean: Tensor, scale: Tensor, eps: float
) -> tuple[Tensor, Tensor, Tensor]:
    return torch.ops.aten.native_batch_norm_backward(  # type: ignore[no-any-return]
        gradient, inputs, weight, None, None, mean, scale, True, eps, (True, True, True)
    )


def _channel_sums(left: Tensor, right: Tensor) -> Tensor:
    return (left * right).sum((0, *range(2, left.dim())))


def _combination(factor: Tensor, tensor: Tensor, summand: Tensor) -> Tensor:
    return torch.addcmul(_per_channel(summand, tensor), tensor, _per_channel(factor, tensor))


def _per_channel(values: Tensor, like: Tensor) -> Tensor:
    return values.view(1, -1, *[1] * (like.dim() - 2))
