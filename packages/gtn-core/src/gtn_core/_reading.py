"""Reading files that may come from strangers: bounded in size, in what they expand to, and in what is said of them.

A file is looked at before it is read, so that a wrong one costs a stat and a line. YAML is counted before it is built:
anchors let a few lines stand for billions of values.
"""

import json
from pathlib import Path
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, SequenceNode

from gtn_core.errors import ConfigurationError

LARGEST_YAML = 100_000
MOST_VALUES = 50_000
"""Of a YAML text, with every alias counted as what it stands for."""

STUMBLES = (RecursionError, ArithmeticError, LookupError, AttributeError, TypeError, ValueError)
"""Of PyYAML, over what is no date, truth or number though it is tagged as one."""


def read_bounded(path: Path, largest: int) -> bytes:
    """Return a file's content.

    Raises:
        ConfigurationError: it is no ordinary file, or larger than `largest` bytes.
        OSError: it cannot be read.
    """
    if path.exists() and not path.is_file():  # a pipe or a device has no end
        raise ConfigurationError(f"{path} cannot be read: it is no file")
    with path.open("rb") as file:
        content = file.read(largest + 1)  # a file that grows, or says that it is empty, is held to it as well
    if len(content) > largest:
        raise ConfigurationError(
            f"{path} cannot be read: it is larger than {largest} bytes, more than such a file can be"
        )
    return content


def read_json(path: Path, largest: int) -> Any:
    """Return what a JSON file holds.

    Raises:
        ConfigurationError: it is no JSON, or larger than `largest` bytes.
        OSError: it cannot be read.
    """
    try:
        return json.loads(read_bounded(path, largest))
    except RecursionError as error:
        raise ConfigurationError(f"{path} is damaged: nested too deeply") from error
    except ValueError as error:
        raise ConfigurationError(f"{path} is damaged: {_one_line(error)}") from error


def parse_yaml(text: str, origin: str) -> Any:
    """Return what a YAML text holds: plain values, lists and dictionaries.

    Args:
        text: of it.
        origin: what an error calls it.

    Raises:
        ConfigurationError: it is no YAML, too large, or stands for more values than a file of ours can have.

    Example:
        >>> parse_yaml("a: [1, {b: 2}]", "x.yaml")
        {'a': [1, {'b': 2}]}
    """
    if len(text) > LARGEST_YAML:
        raise ConfigurationError(f"{origin} is larger than {LARGEST_YAML} characters, more than such a file can be")
    try:
        loader = yaml.SafeLoader(text)
        try:
            node = loader.get_single_node()
            if node is None:
                return None
            if _values(node, {}) > MOST_VALUES:
                raise ConfigurationError(f"{origin} stands for more than {MOST_VALUES} values; write them out")
            return loader.construct_document(node)
        finally:
            loader.dispose()
    except (yaml.YAMLError, *STUMBLES) as error:
        raise ConfigurationError(f"{origin} is not YAML: {_one_line(error)}") from error


def _values(node: Node, known: dict[int, int]) -> int:
    """Return how many values a node stands for; each is counted once, however often it is referred to."""
    if id(node) in known:
        return known[id(node)]
    known[id(node)] = MOST_VALUES + 1  # what is met again within itself has no end
    count = 1
    for child in _children(node):
        count += _values(child, known)
    known[id(node)] = count
    return count


def _children(node: Node) -> list[Node]:
    if isinstance(node, MappingNode):
        return [child for pair in node.value for child in pair]
    return list(node.value) if isinstance(node, SequenceNode) else []


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
