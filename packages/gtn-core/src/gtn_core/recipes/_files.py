"""Recipes of one kind as files: from a name or a path, and `KEY=VALUE` overrides, to a checked recipe."""

from collections.abc import Iterable
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import ValidationError

from gtn_core._reading import parse_yaml, read_bounded
from gtn_core._specification import Specification, first_problem
from gtn_core.errors import ConfigurationError, UnknownNameError

LARGEST_FILE = 100_000

RecipeT = TypeVar("RecipeT", bound=Specification)


class RecipeFiles(Generic[RecipeT]):
    """The recipes that come with a package, and those that users write.

    Args:
        kind: of the recipes.
        package: whose folder holds them, as `<name>.yaml`.
        folder: within the package; the package itself unless given.
        example: an override, to show in an error.

    Example:
        >>> from gtn_core.recipes import Recipe
        >>> RecipeFiles(Recipe, "gtn_core.recipes").load("digits").teacher.batch
        32
    """

    def __init__(
        self, kind: type[RecipeT], package: str, folder: str = "", *, example: str = "outer.steps=500"
    ) -> None:
        self._kind, self._package, self._folder, self._example = kind, package, folder, example

    @property
    def names(self) -> list[str]:
        """The names of the recipes that come with the package, sorted."""
        return sorted(
            file.name.removesuffix(".yaml") for file in self._shipped.iterdir() if file.name.endswith(".yaml")
        )

    def load(self, name: str | Path) -> RecipeT:
        """Return a recipe.

        Args:
            name: one of `names`, or a YAML file: a recipe, or the `config.yaml` of a run.

        Raises:
            ConfigurationError: no such recipe, or one that cannot be followed.
        """
        if str(name) in self.names:
            return self._parse(self._shipped.joinpath(f"{name}.yaml").read_text(encoding="utf-8"), str(name))
        path = Path(name)
        if not path.is_file():
            raise UnknownNameError("recipe", str(name), self.names, "Or give a YAML file")
        try:
            return self._parse(read_bounded(path, LARGEST_FILE).decode("utf-8"), str(path))
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigurationError(f"{path} cannot be read: {error}") from error

    def with_overrides(self, recipe: RecipeT, overrides: Iterable[str]) -> RecipeT:
        """Return the recipe with `KEY=VALUE` texts applied; keys are dotted, values are YAML.

        Raises:
            ConfigurationError: a text without `=`, an unknown key (names the nearest), or a value that is not allowed.
        """
        content = recipe.model_dump(mode="json")
        for text in overrides:
            key, equals, value = text.partition("=")
            if not equals or not key:
                raise ConfigurationError(f"--set {text!r} is not of the form KEY=VALUE, such as {self._example}")
            _put(content, key.strip().split("."), _value(value, text), key)
        return self._validated(content, "--set")

    @property
    def _shipped(self) -> Traversable:
        return files(self._package).joinpath(self._folder)

    def _parse(self, text: str, origin: str) -> RecipeT:
        content = parse_yaml(text, origin)
        if not isinstance(content, dict):
            raise ConfigurationError(f"{origin} should hold keys and values, as the recipe {self.names[0]} does")
        of_a_run = isinstance(content.get("recipe"), dict) and "seed" in content
        return self._validated(content["recipe"] if of_a_run else content, origin)

    def _validated(self, content: dict[str, Any], origin: str) -> RecipeT:
        try:
            return self._kind.model_validate(content)
        except ValidationError as error:
            raise ConfigurationError(f"{origin}: {first_problem(error)}") from error
        except UnknownNameError as error:
            raise ConfigurationError(f"{origin}: {error}") from error


def _value(value: str, text: str) -> Any:
    try:
        return parse_yaml(value, f"--set {text!r:.100}")
    except ConfigurationError as error:
        raise ConfigurationError(f"--set {text!r:.100}: the value is not YAML; put quotes around it") from error


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
