"""Any text is a genotype or is refused in one line that is not long; what is read prints as it was written."""

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gtn_core.errors import ConfigurationError
from gtn_learners import nao, nb201

NUMBERS = st.integers(0, 10**6000) | st.integers(-5, 15)


def read_or_refused(space, text):
    """Return what a genotype prints, or what is said against the text."""
    try:
        return str(space.Genotype.parse(text)), ""
    except ConfigurationError as error:
        return None, str(error)


def check(space, text):
    printed, refusal = read_or_refused(space, text)
    assert printed in (None, " ".join(text.split()))
    assert "\n" not in refusal
    assert len(refusal) < 1000


@pytest.mark.parametrize("space", [nao, nb201], ids=["nao", "nb201"])
@given(text=st.text() | st.text("|~+0123 none_skip_connect", max_size=200))
def test_any_text(space, text):
    check(space, text)


@given(st.lists(NUMBERS, min_size=40, max_size=40))
def test_any_forty_numbers(numbers):
    """A number of more than 4,300 digits is none to Python; it once came through as a ValueError."""
    limit = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(0)
    text = " ".join(map(str, numbers))
    sys.set_int_max_str_digits(limit)
    check(nao, text)


@given(st.lists(st.text(max_size=20), min_size=6, max_size=6))
def test_any_six_operations(operations):
    first, *rest = (f"{name}~{place}|" for name, place in zip(operations, (0, 0, 1, 0, 1, 2), strict=True))
    _, refusal = read_or_refused(nb201, f"|{first}+|{''.join(rest[:2])}+|{''.join(rest[2:])}")
    assert len(refusal) < 1000
