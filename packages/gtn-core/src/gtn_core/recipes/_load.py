"""From a name or a file, and `KEY=VALUE` overrides, to a checked recipe."""

from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from gtn_core._specification import first_problem
from gtn_core.errors import ConfigurationError, UnknownNameError
from gtn_core.recipes._recipe import Recipe

LARGEST_FILE = 1_000_000


def recipe_names() -> list[str]:
    """Return the names of the recipes that come with gtn-core."""
    return sorted(
        file.name.removesuffix(".yaml") for file in files(__package__).iterdir() if file.name.endswith(".yaml")
    )


def load_recipe(name: str | Path) -> Recipe:
    """Return a recipe.

    Args:
        name: one of `recipe_names()`, or a YAML file: a recipe, or the `config.yaml` of a run.

    Raises:
        ConfigurationError: no such recipe, or one that cannot be followed.

    Example:
        >>> load_recipe("digits").teacher.batch
        32
    """
    if str(name) in recipe_names():
        return _parse(files(__package__).joinpath(f"{name}.yaml").read_text(encoding="utf-8"), str(name))
    path = Path(name)
    if not path.is_file():
        raise UnknownNameError("recipe", str(name), recipe_names(), "Or give a YAML file")
    if path.stat().st_size > LARGEST_FILE:
        raise ConfigurationError(f"{path} is larger than {LARGEST_FILE} bytes: not a recipe")
    try:
        return _parse(path.read_text(encoding="utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} cannot be read: {error}") from error


def with_overrides(recipe: Recipe, overrides: Iterable[str]) -> Recipe:
    """Return the recipe with `KEY=VALUE` texts applied; keys are dotted, values are YAML.

    Raises:
        ConfigurationError: a text without `=`, an unknown key (names the nearest), or a value that is not allowed.

    Example:
        >>> with_overrides(load_recipe("digits"), ["outer.steps=5"]).outer.steps
        5
    """
    content = recipe.model_dump(mode="json")
    apply_overrides(content, overrides)
    return _validated(content, "--set")


def apply_overrides(content: dict[str, Any], overrides: Iterable[str]) -> None:
    """Put the values of `KEY=VALUE` texts into nested dictionaries and lists, in place.

    Raises:
        ConfigurationError: a text without `=`, a value that is no YAML, or a key below something that has none.

    Example:
        >>> content = {"outer": {"steps": 3}}
        >>> apply_overrides(content, ["outer.steps=5"])
        >>> content
        {'outer': {'steps': 5}}
    """
    for text in overrides:
        key, equals, value = text.partition("=")
        if not equals or not key:
            raise ConfigurationError(f"--set {text!r} is not of the form KEY=VALUE, such as outer.steps=500")
        try:
            _put(content, key.strip().split("."), yaml.safe_load(value), key)
        except yaml.YAMLError as error:
            raise ConfigurationError(f"--set {text!r}: the value is not YAML; put quotes around it") from error


def _put(content: Any, path: list[str], value: Any, key: str) -> None:
    place = _place(content, path[0], key)
    if len(path) > 1:
        if isinstance(content, dict) and content.get(place) is None:
            content[place] = {}  # what was null gets keys of its own
        _put(content[place], path[1:], value, key)
        return
    if place == "kind" and content.get("kind") != value:
        content.clear()  # another kind has other keys
    content[place] = value


def _place(content: Any, name: str, key: str) -> Any:
    """Return the key or index that `name` stands for in `content`."""
    if isinstance(content, list):
        if not name.isdigit() or int(name) >= len(content):
            raise UnknownNameError(f"index in {key}:", name, map(str, range(len(content))))
        return int(name)
    if not isinstance(content, dict):
        raise ConfigurationError(f"--set {key}: there is nothing below {content!r} to set")
    return name


def _parse(text: str, origin: str) -> Recipe:
    try:
        content = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise ConfigurationError(f"{origin} is not YAML: {reason[:200]}") from error
    if not isinstance(content, dict):
        raise ConfigurationError(f"{origin} should hold keys and values, as `gtn recipes` lists them")
    of_a_run = isinstance(content.get("recipe"), dict) and "seed" in content
    return _validated(content["recipe"] if of_a_run else content, origin)


def _validated(content: dict[str, Any], origin: str) -> Recipe:
    try:
        return Recipe.model_validate(content)
    except ValidationError as error:
        raise ConfigurationError(f"{origin}: {first_problem(error)}") from error
    except UnknownNameError as error:
        raise ConfigurationError(f"{origin}: {error}") from error
