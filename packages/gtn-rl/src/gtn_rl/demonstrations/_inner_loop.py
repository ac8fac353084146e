"""The inner loop: a few SGD steps of a policy on demonstrations, differentiable with respect to all they depend on.

One step is small, so its whole graph is kept and plain reverse-over-reverse differentiation gives the exact
meta-gradient; the tests witness it by finite differences. gtn-core's `Unroll` has the cross-entropy of a classifier for
its loss and does not serve here.
"""

from collections.abc import Callable
from math import log
from typing import Literal, TypeAlias

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.func import functional_call

from gtn_core.inner_optimizers._schedule import Schedule
from gtn_core.typing import Tensors
from gtn_rl.demonstrations._generator import SCALE_GAIN, DemonstrationBatch

BatchAt: TypeAlias = Callable[[int], DemonstrationBatch]
"""The batch of an inner step."""

SMALLEST = 1e-12


class StepSize(nn.Module):
    """Learned step sizes, one an inner step, and a learned factor for biases.

    A `relative` step size is a multiple of Polyak's, loss / squared norm of the gradient, the step that would bring the
    loss to zero if it were linear. It takes the same share of the loss whatever the size of the network and of its
    gradients, so one number suits networks of every width and depth. For norm and step alike the gradient of a bias
    counts `factor` times.
    Source: Polyak, "Introduction to optimization" (1987), section 5.3.

    Args:
        kind: `relative`, or `plain` where the number is the step size itself.
        steps: with a value of their own; later ones have the last.
        initial: every step's value.
        bias_factor: the factor at first.
    """

    def __init__(
        self, kind: Literal["relative", "plain"], steps: int, initial: float, bias_factor: float = 1.0
    ) -> None:
        super().__init__()
        self.kind = kind
        self.values = Schedule("the inner step size", initial, steps, "positive")
        self.log_bias_factor = nn.Parameter(torch.tensor(log(bias_factor) / SCALE_GAIN))

    @property
    def bias_factor(self) -> Tensor:
        """How many times a bias's own step size is that of a weight."""
        return (SCALE_GAIN * self.log_bias_factor).exp()

    def update(self, step: int, parameters: Tensors, gradients: Tensors, loss: Tensor) -> Tensors:
        """Return the parameters after an inner step.

        Example:
            >>> rule = StepSize("relative", 1, 1.0)
            >>> parameters, gradients = {"weight": torch.tensor([2.0])}, {"weight": torch.tensor([4.0])}
            >>> rule.update(0, parameters, gradients, torch.tensor(4.0))["weight"].item()  # of w ** 2: half-way
            1.0
        """
        factors = {name: self.bias_factor if name.endswith("bias") else 1.0 for name in parameters}
        size = self.values.at(step)
        if self.kind == "relative":
            squares = [factors[name] * gradient.square().sum() for name, gradient in gradients.items()]
            size = size * loss / (torch.stack(squares).sum() + SMALLEST)
        return {name: value - size * factors[name] * gradients[name] for name, value in parameters.items()}


def initial_parameters(policy: nn.Module) -> Tensors:
    """Return a copy of a policy's trainable parameters, from which an inner loop starts."""
    named = policy.named_parameters()
    return {name: tensor.detach().clone() for name, tensor in named if tensor.requires_grad}


def taught_parameters(
    policy: nn.Module, parameters: Tensors, batch_at: BatchAt, step_size: StepSize, steps: int
) -> Tensors:
    """Return a policy's parameters after an inner loop, with a graph back to batches and step sizes.

    Under `torch.no_grad` the same numbers come without a graph.

    Args:
        policy: whose outputs `[B, A]` are regressed on the targets by mean-squared error; it is not changed.
        parameters: theta_0.
        batch_at: the demonstrations of an inner step.
        step_size: makes the update.
        steps: T.
    """
    wanted = torch.is_grad_enabled()
    for step in range(steps):
        states, targets = batch_at(step)
        with torch.enable_grad():
            if not wanted or step == 0:
                parameters = {name: value.detach().requires_grad_() for name, value in parameters.items()}
            loss = F.mse_loss(functional_call(policy, parameters, (states,)), targets)
            found = torch.autograd.grad(loss, list(parameters.values()), create_graph=wanted)
        gradients = dict(zip(parameters, found, strict=True))
        parameters = step_size.update(step, parameters, gradients, loss if wanted else loss.detach())
    return parameters if wanted else {name: value.detach() for name, value in parameters.items()}
