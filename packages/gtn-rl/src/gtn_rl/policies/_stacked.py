"""Many multilayer perceptrons of different widths and depths, run as one.

Narrow networks are padded with units that nothing goes into and nothing comes out of, shallow ones with layers that
pass on what they get. The outputs are the same to rounding, and a step of a roll-out costs a few batched products
whatever the number of policies.
"""

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor, nn

from gtn_rl.policies._family import Policy
from gtn_rl.policies._networks import ACTIVATIONS


class StackedPolicies:
    """P policies side by side, without a graph.

    Args:
        networks: as `mlp` makes them: linear layers with activations between, all with the same inputs and outputs.
        parameters: of each network, by name, to run it with; its own where a name is missing.

    Example:
        >>> from gtn_rl.policies import mlp
        >>> source = torch.Generator().manual_seed(0)
        >>> networks = [mlp([4, 8, 2], "tanh", source), mlp([4, 16, 16, 2], "relu", source)]
        >>> observations = torch.randn(6, 4, generator=source)  # the first three are for the first network
        >>> expected = torch.cat([network(observations[3 * i : 3 * i + 3]) for i, network in enumerate(networks)])
        >>> torch.allclose(StackedPolicies(networks, [{}, {}])(observations), expected, atol=1e-6)
        True
    """

    @torch.no_grad()
    def __init__(self, networks: Sequence[nn.Sequential], parameters: Sequence[Mapping[str, Tensor]]) -> None:
        stacks = [_layers(network, own) for network, own in zip(networks, parameters, strict=True)]
        deepest = max(len(stack) for stack in stacks)
        widest = max(weight.shape[0] for stack in stacks for weight, _, _ in stack[:-1] or stack)
        self.outputs = stacks[0][-1][0].shape[0]
        self._count = len(stacks)
        self._layers = [
            _padded([_layer_of(stack, place, deepest) for stack in stacks], widest, last=place == deepest - 1)
            for place in range(deepest)
        ]

    @torch.no_grad()
    def __call__(self, observations: Tensor) -> Tensor:
        """Return outputs `[P * n, A]` of observations `[P * n, D]`, an equal share of rows for each policy."""
        hidden = observations.reshape(self._count, -1, observations.shape[-1])
        for weights, biases, activate in self._layers:
            hidden = activate(torch.baddbmm(biases, hidden, weights))
        return hidden.reshape(-1, self.outputs)


_Layer = tuple[Tensor | None, Tensor | None, type[nn.Module] | None]
"""Weight `[out, in]`, bias and activation; None passes on what comes in."""


def _layers(network: nn.Sequential, own: Mapping[str, Tensor]) -> list[tuple[Tensor, Tensor, type[nn.Module] | None]]:
    found: list[tuple[Tensor, Tensor, type[nn.Module] | None]] = []
    for name, layer in network.named_children():
        if isinstance(layer, nn.Linear):
            weight, bias = own.get(f"{name}.weight", layer.weight), own.get(f"{name}.bias", layer.bias)
            found.append((weight.detach(), bias.detach(), None))
        elif type(layer) in ACTIVATIONS.values():
            found[-1] = (*found[-1][:2], type(layer))
        else:
            raise TypeError(f"{type(layer).__name__} is no layer of a multilayer perceptron")
    return found


def _layer_of(stack: Sequence[_Layer], place: int, deepest: int) -> _Layer:
    """A stack's layer at a place: its hidden ones first, then nothing, then its last."""
    if place == deepest - 1:
        return stack[-1]
    return stack[place] if place < len(stack) - 1 else (None, None, None)


def _padded(layers: Sequence[_Layer], widest: int, *, last: bool) -> tuple[Tensor, Tensor, Callable[[Tensor], Tensor]]:
    """Return weights `[P, in, out]`, biases `[P, 1, out]` and what comes after them."""
    like = next(weight for weight, _, _ in layers if weight is not None)
    first = all(weight is not None and weight.shape[1] == like.shape[1] for weight, _, _ in layers)
    inputs = like.shape[1] if first else widest
    outputs = like.shape[0] if last else widest
    weights, biases = like.new_zeros(len(layers), inputs, outputs), like.new_zeros(len(layers), 1, outputs)
    for index, (weight, bias, _) in enumerate(layers):
        if weight is None or bias is None:
            weights[index] = torch.eye(inputs, outputs)
        else:
            weights[index, : weight.shape[1], : weight.shape[0]] = weight.T
            biases[index, 0, : len(bias)] = bias
    return weights, biases, _activation([kind for _, _, kind in layers], like.device)


def _activation(kinds: Sequence[type[nn.Module] | None], device: torch.device) -> Callable[[Tensor], Tensor]:
    """Return each policy's activation, applied to its share of `[P, n, width]`."""
    chosen = {kind: torch.tensor([kind is one for one in kinds], device=device)[:, None, None] for kind in set(kinds)}
    functions = [(kind() if kind else nn.Identity(), mask) for kind, mask in chosen.items()]

    def activate(hidden: Tensor) -> Tensor:
        result: Tensor = functions[0][0](hidden)
        for function, mask in functions[1:]:
            result = torch.where(mask, function(hidden), result)
        return result

    return activate


def stacked(policies: Sequence[Policy], parameters: Sequence[Mapping[str, Tensor]] | None = None) -> StackedPolicies:
    """Return policies that were drawn from a family as one function of all their observations.

    Args:
        policies: all for the same spaces.
        parameters: of each policy, by name, in place of its own.
    """
    given = parameters or [{}] * len(policies)
    shortened = [{name.removeprefix("network."): value for name, value in own.items()} for own in given]
    return StackedPolicies([policy.network for policy in policies], shortened)
