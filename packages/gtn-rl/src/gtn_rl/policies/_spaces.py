"""Which Gymnasium spaces a policy network can serve: vectors in, one discrete choice or a vector of numbers out."""

from math import prod
from typing import Any, TypeAlias

import numpy as np
from gymnasium import spaces

from gtn_core.errors import ConfigurationError

ActionSpace: TypeAlias = "spaces.Discrete | spaces.Box"
"""What `checked_action_space` lets through."""


def observation_size(space: spaces.Space[Any]) -> int:
    """Return the number of values of an observation.

    Raises:
        ConfigurationError: the space is no `Box` of numbers in one dimension.

    Example:
        >>> observation_size(spaces.Box(-1.0, 1.0, (4,)))
        4
    """
    if isinstance(space, spaces.Box) and len(space.shape) == 1 and np.issubdtype(space.dtype, np.floating):
        return prod(space.shape)
    raise ConfigurationError(
        f"observations {space} cannot be met by a policy network; they must be a Box of floats in one dimension, so "
        "wrap the environment in gymnasium.wrappers.FlattenObservation"
    )


def checked_action_space(space: spaces.Space[Any]) -> ActionSpace:
    """Return an action space that a policy network can serve.

    Raises:
        ConfigurationError: the space is neither `Discrete` nor a `Box` of floats in one dimension.
    """
    if isinstance(space, spaces.Discrete):
        return space
    if isinstance(space, spaces.Box) and len(space.shape) == 1 and np.issubdtype(space.dtype, np.floating):
        return space
    raise ConfigurationError(
        f"actions {space} cannot be given by a policy network; they must be Discrete, or a Box of floats in one "
        "dimension"
    )
