"""The base of everything that a recipe or a saved file describes, and the ranges its numbers share."""

from difflib import get_close_matches
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from gtn_core.errors import UnknownNameError

Size = Annotated[int, Field(strict=True, ge=1, le=65_536)]
Positive = Annotated[float, Field(gt=0, le=1e6, allow_inf_nan=False)]
Decay = Annotated[float, Field(ge=0, lt=1)]
Fraction = Annotated[float, Field(ge=0, le=1)]


class Specification(BaseModel):
    """Frozen, and strict about unknown keys, for which it names the nearest allowed one."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _know_every_key(cls, values: Any) -> Any:
        for key in values if isinstance(values, dict) else ():
            if key not in cls.model_fields:
                raise UnknownNameError("key", str(key), cls.model_fields)
        return values


def first_problem(error: ValidationError) -> str:
    """Return the first thing that is wrong, in one line: where, what came, what is allowed, the nearest name."""
    problem = error.errors()[0]
    place = ".".join(str(part) for part in problem["loc"]) or "the whole"
    if problem["type"] == "missing":
        return f"{place} is missing"
    context = problem.get("ctx", {})
    value = context.get("tag", problem["input"])
    allowed = str(context.get("expected", context.get("expected_tags", "")))
    names = [name.strip(" '") for name in allowed.replace(" or ", ",").split(",")]
    nearest = get_close_matches(str(value), names, n=1, cutoff=0.5)
    guess = f"; did you mean {nearest[0]!r}?" if nearest else ":"
    shown = repr(value) if len(repr(value)) <= 60 else repr(value)[:57] + "..."
    return f"{place[:200]} is {shown}{guess} {_plain(problem['msg'])}"


def _plain(text: str) -> str:
    """Return a message that may repeat anybody's text: in one line of bounded length, without control characters."""
    line = "".join(letter if letter.isprintable() else " " for letter in text[:1000])
    return " ".join(line.split())[:300]
