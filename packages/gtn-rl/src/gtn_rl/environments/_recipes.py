"""The recipe of an environment: what is known to work for it, else the usual settings; and overrides of either."""

from collections.abc import Iterable
from importlib.resources import files
from typing import Any

import yaml
from pydantic import ValidationError

from gtn_core._specification import first_problem
from gtn_core.errors import ConfigurationError, UnknownNameError
from gtn_core.recipes import apply_overrides
from gtn_rl.environments._settings import EnvironmentRecipe


def environment_recipe_for(env_id: str, overrides: Iterable[str] = ()) -> EnvironmentRecipe:
    """Return the settings to meta-train a generated environment with.

    Args:
        env_id: the real one; the recipe of this name is taken where there is one.
        overrides: `KEY=VALUE` texts; keys are dotted, values are YAML.

    Raises:
        ConfigurationError: an unknown key (names the nearest), or a value that is not allowed.

    Example:
        >>> environment_recipe_for("CartPole-v1", ["outer.steps=5"]).outer.steps
        5
    """
    file = files(__package__).joinpath("recipes", f"{env_id.replace('/', '-')}.yaml")
    known: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8")) if file.is_file() else {}
    content = _validated(known, env_id).model_dump(mode="json")
    apply_overrides(content, overrides)
    return _validated(content, "--set")


def _validated(content: dict[str, Any], origin: str) -> EnvironmentRecipe:
    try:
        return EnvironmentRecipe.model_validate(content)
    except ValidationError as error:
        raise ConfigurationError(f"{origin}: {first_problem(error)}") from error
    except UnknownNameError as error:
        raise ConfigurationError(f"{origin}: {error}") from error
