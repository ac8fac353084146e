import inspect

import pytest

from gtn_core import errors
from gtn_core.errors import ConfigurationError, GTNError, UnknownNameError


def test_every_error_can_be_caught_as_one():
    found = [value for _, value in inspect.getmembers(errors, inspect.isclass) if value.__module__ == errors.__name__]
    assert len(found) >= 8
    assert all(issubclass(error, GTNError) for error in found)


def test_an_unknown_name_is_an_error_of_configuration():
    assert issubclass(UnknownNameError, ConfigurationError)


@pytest.mark.parametrize(
    ("name", "allowed", "hint", "message"),
    [
        ("ful", ["none", "full"], "", "unknown curriculum 'ful'; did you mean 'full'? Allowed: full, none"),
        ("xyz", ["none", "full"], "", "unknown curriculum 'xyz'; Allowed: full, none"),
        ("xyz", [], "", "unknown curriculum 'xyz'; Allowed: none"),
        ("xyz", ["full"], "pip install more", "unknown curriculum 'xyz'; Allowed: full. pip install more"),
    ],
    ids=["near", "far", "nothing allowed", "hint"],
)
def test_an_unknown_name_is_answered_with_what_is_allowed(name, allowed, hint, message):
    assert str(UnknownNameError("curriculum", name, iter(allowed), hint)) == message


def test_allowed_names_of_a_file_are_one_line_of_bounded_length():
    message = str(UnknownNameError("column", "genotype", ["b\nc", *map(str, range(10_000))]))
    assert "\n" not in message
    assert len(message) < 2500
    assert "Allowed: b\\nc" in str(UnknownNameError("column", "genotype", ["b\nc"]))
