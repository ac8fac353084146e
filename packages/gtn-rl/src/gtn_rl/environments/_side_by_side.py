"""Many generators of one form as one, each for agents of its own: for estimators that try many of them out at once."""

from copy import deepcopy

from torch import nn

from gtn_core.typing import Tensors
from gtn_rl.environments._generator import EnvironmentGenerator


def side_by_side(generator: EnvironmentGenerator, parameters: Tensors) -> EnvironmentGenerator:
    """Return a generator whose first dimension counts generators: states `[M, ..., D]`, actions `[M, ..., A]`.

    Args:
        generator: of the form; stays as it is.
        parameters: stacked, `[M, ...]`, by name; of matrices and vectors.

    Example:
        >>> import torch
        >>> from gtn_rl.environments import ContextualBandit, spaces_of
        >>> bandit = ContextualBandit(spaces_of("CartPole-v1"))
        >>> both = {name: torch.stack((one, 2 * one)).detach() for name, one in bandit.named_parameters()}
        >>> side_by_side(bandit, both).initial(torch.randn(2, 5, 4)).shape
        torch.Size([2, 5, 4])
    """
    several = deepcopy(generator)
    for name, value in parameters.items():
        place, _, last = name.rpartition(".")
        held = value if value.ndim == 3 else value[:, None]  # vectors are added to rows
        setattr(several.get_submodule(place), last, nn.Parameter(held, requires_grad=False))
    return several
