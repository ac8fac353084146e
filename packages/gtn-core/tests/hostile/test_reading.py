"""Bounded reading: what is too large or stands for too much is refused before it is read or built."""

import os
import time

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from gtn_core._reading import MOST_VALUES, parse_yaml, read_bounded, read_json
from gtn_core._weights import shapes_in, shapes_of
from gtn_core.errors import ConfigurationError, UnknownNameError
from gtn_core.recipes import load_recipe, with_overrides

LAUGHS = "\n".join(["a0: &a0 [x]", *(f"a{i}: &a{i} [{f'*a{i - 1}, ' * 9}]" for i in range(1, 30))])


def refusal(read, *arguments):
    """Return what is said against the arguments, or nothing."""
    try:
        read(*arguments)
    except ConfigurationError as error:
        return str(error)
    return ""


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=20,
    )
)
def test_plain_values_come_back(content):
    text = yaml.safe_dump(content)
    assert parse_yaml(text, "x") == yaml.safe_load(text)


@given(st.text())
def test_any_text_is_read_or_refused_in_one_line(text):
    assert "\n" not in refusal(parse_yaml, text, "x")


@given(content=st.binary(max_size=300))
def test_any_bytes_are_a_recipe_or_refused(content, tmp_path_factory):
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    path.write_bytes(content)
    with pytest.raises(ConfigurationError):
        load_recipe(path)


@given(st.text(max_size=40), st.text(max_size=40))
def test_any_override_is_taken_or_refused(key, value):
    assert len(refusal(with_overrides, load_recipe("digits"), [f"{key}={value}"])) < 2000


def test_an_anchor_may_be_used_within_reason():
    assert parse_yaml("a: &a [1, 2]\nb: *a", "x") == {"a": [1, 2], "b": [1, 2]}
    wide = "a: &a [" + "1," * 999 + "]\nb: [" + "*a," * (MOST_VALUES // 1000 - 2) + "]"
    assert len(parse_yaml(wide, "x")["b"]) == MOST_VALUES // 1000 - 2


@pytest.mark.parametrize("text", [LAUGHS, "&a [*a]", "a: &a {b: *a}"], ids=["laughs", "list", "map"])
def test_what_stands_for_too_much_is_refused_at_once(text):
    start = time.process_time()
    with pytest.raises(ConfigurationError, match="stands for more than"):
        parse_yaml(text, "x")
    assert time.process_time() - start < 2


def test_a_file_is_read_no_further_than_it_may_be(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"12345")
    assert read_bounded(path, 5) == b"12345"
    with pytest.raises(ConfigurationError, match="larger than 4 bytes"):
        read_bounded(path, 4)
    with pytest.raises(FileNotFoundError):
        read_bounded(tmp_path / "none", 4)
    os.mkfifo(tmp_path / "pipe")  # opening it would wait for a writer for ever
    with pytest.raises(ConfigurationError, match="it is no file"):
        read_json(tmp_path / "pipe", 4)


def test_shapes_are_known_before_there_is_memory_for_them(tmp_path):
    from torch import nn

    assert shapes_of(lambda: nn.Conv2d(10**5, 10**5, 99))["weight"] == (10**5, 10**5, 99, 99)
    with pytest.raises(ConfigurationError, match="no network can be of these sizes"):
        shapes_of(lambda: nn.Linear(2**62, 2**62))
    with pytest.raises(FileNotFoundError):
        shapes_in(tmp_path / "none")


def test_an_endless_name_is_cut_short():
    assert len(str(UnknownNameError("key", "k" * 10**6, ["a", "b"]))) < 400
