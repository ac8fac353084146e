"""Adam (Kingma and Ba, 2015) as an inner optimizer."""

from torch import nn

from gtn_core import _tree
from gtn_core.errors import ConfigurationError
from gtn_core.inner_optimizers._schedule import Schedule
from gtn_core.typing import Tensors


class Adam(nn.Module):
    """Adam with bias correction; learning rate and both decay rates can be learnt.

    The step is `m / (sqrt(v + eps_root) + eps)`. Unlike `eps`, `eps_root` lies inside the root: without it the
    derivative of the root at v = 0 is infinite, and a parameter that the loss does not reach would turn the
    meta-gradient into NaN.

    Args:
        steps: T.
        learning_rate: initial value.
        betas: initial decay rates of the first and second moment, each within (0, 1).
        eps: added to the root.
        eps_root: added under the root; positive.
        per_step: whether every inner step has values of its own.

    Raises:
        ConfigurationError: a value out of range.
    """

    def __init__(
        self,
        steps: int,
        learning_rate: float = 0.001,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        eps_root: float = 1e-8,
        per_step: bool = True,
    ) -> None:
        super().__init__()
        if eps < 0.0 or not eps_root > 0.0:
            raise ConfigurationError(
                f"eps must be at least 0 and eps_root positive; got eps={eps}, eps_root={eps_root}"
            )
        if len(betas) != 2:
            raise ConfigurationError(f"betas must be two numbers within (0, 1); got {betas}")
        values = steps if per_step else 1
        self.eps, self.eps_root = eps, eps_root
        self.learning_rate = Schedule("the inner learning rate", learning_rate, values, "positive")
        self.first_decay = Schedule("the first beta", betas[0], values, "unit")
        self.second_decay = Schedule("the second beta", betas[1], values, "unit")

    def init(self, parameters: Tensors) -> Tensors:
        """Return zero moments, keyed `first_moment/<parameter>` and so on, and the weights that correct their bias."""
        zeros = _tree.zeros_like(parameters)
        nothing = next(iter(parameters.values())).new_zeros(())
        moments = {
            f"{moment}/{name}": zero for moment in ("first_moment", "second_moment") for name, zero in zeros.items()
        }
        return {"first_weight": nothing, "second_weight": nothing, **moments}

    def update(self, step: int, parameters: Tensors, gradients: Tensors, state: Tensors) -> tuple[Tensors, Tensors]:
        """Return parameters and moments after inner step `step`."""
        learning_rate, beta1, beta2 = self.learning_rate.at(step), self.first_decay.at(step), self.second_decay.at(step)
        # The running average of ones: 1 - beta^t for a constant beta, and still right where every step has its own.
        first_weight = beta1 * state["first_weight"] + (1 - beta1)
        second_weight = beta2 * state["second_weight"] + (1 - beta2)
        moved: Tensors = {}
        next_state: Tensors = {"first_weight": first_weight, "second_weight": second_weight}
        for name, value in parameters.items():
            first = beta1 * state[f"first_moment/{name}"] + (1 - beta1) * gradients[name]
            second = beta2 * state[f"second_moment/{name}"] + (1 - beta2) * gradients[name] ** 2
            root = (second / second_weight + self.eps_root).sqrt()
            moved[name] = value - learning_rate * (first / first_weight) / (root + self.eps)
            next_state[f"first_moment/{name}"], next_state[f"second_moment/{name}"] = first, second
        return moved, next_state
