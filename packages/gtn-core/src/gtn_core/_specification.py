"""The base of everything that a recipe or a saved file describes, and the ranges its numbers share."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Size = Annotated[int, Field(ge=1, le=65_536)]
Positive = Annotated[float, Field(gt=0, le=1e6, allow_inf_nan=False)]
Decay = Annotated[float, Field(ge=0, lt=1)]
Fraction = Annotated[float, Field(ge=0, le=1)]


class Specification(BaseModel):
    """Frozen, and strict about unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)
