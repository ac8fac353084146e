"""Spaces of an environment as JSON."""

from typing import Annotated, Any, Literal, TypeAlias

import numpy as np
from gymnasium import spaces
from pydantic import Field, FiniteFloat

from gtn_core._specification import Specification
from gtn_core.errors import ConfigurationError
from gtn_rl.policies import checked_action_space

MOST_VALUES = 4096
"""Of a choice, or numbers of a vector: a generated environment holds a square table of them."""

Bounds: TypeAlias = Annotated[tuple[FiniteFloat | None, ...], Field(max_length=MOST_VALUES)]


class SpaceDescription(Specification):
    """A `Discrete` space, or a `Box` of floats in one dimension.

    Attributes:
        kind: which.
        n: of `discrete`: number of values.
        start: of `discrete`: the first one.
        low: of `box`: least values, null for minus infinity.
        high: of `box`: greatest values, null for infinity.

    Example:
        >>> SpaceDescription.of(spaces.Discrete(2)).space()
        Discrete(2)
        >>> SpaceDescription.of(spaces.Box(-np.inf, 3.0, (1,))).space()
        Box(-inf, 3.0, (1,), float32)
    """

    kind: Literal["discrete", "box"]
    n: Annotated[int, Field(ge=1, le=MOST_VALUES)] | None = None
    start: Annotated[int, Field(ge=-(2**31), le=2**31)] | None = None
    low: Bounds | None = None
    high: Bounds | None = None

    @classmethod
    def of(cls, space: spaces.Space[Any]) -> "SpaceDescription":
        """Describe a space.

        Raises:
            ConfigurationError: it is of neither kind, or too large.
        """
        found = checked_action_space(space)
        values = int(found.n) if isinstance(found, spaces.Discrete) else found.shape[0]
        if values > MOST_VALUES:
            raise ConfigurationError(f"a space of {values} values is more than can be described; at most {MOST_VALUES}")
        if isinstance(found, spaces.Discrete):
            return cls(kind="discrete", n=int(found.n), start=int(found.start))
        return cls(kind="box", low=_finite_or_none(found.low), high=_finite_or_none(found.high))

    def space(self) -> spaces.Discrete | spaces.Box:
        """Return the space.

        Raises:
            ConfigurationError: the description is not whole.
        """
        if self.kind == "discrete" and self.n is not None and self.n >= 1:
            return spaces.Discrete(self.n, start=self.start or 0)
        if self.kind == "box" and self.low and self.high and len(self.low) == len(self.high):
            low = np.array([-np.inf if value is None else value for value in self.low], dtype=np.float32)
            high = np.array([np.inf if value is None else value for value in self.high], dtype=np.float32)
            if (low > high).any():
                raise ConfigurationError("a box's low is above its high")
            return spaces.Box(low, high, dtype=np.float32)
        raise ConfigurationError(f"a {self.kind} space needs {'n' if self.kind == 'discrete' else 'low and high'}")

    def __str__(self) -> str:
        return str(self.space())


def _finite_or_none(values: Any) -> tuple[float | None, ...]:
    return tuple(float(value) if np.isfinite(value) else None for value in values)
